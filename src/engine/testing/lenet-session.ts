import { readFileSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import type { SourceFile } from '../../base/source-file.ts';
import type { SessionRecord, SessionStore } from '../../history/session-record.ts';
import { ort } from '../../runtime/ort-node.ts';
import { ManualControl } from '../control.ts';
import type { Outside } from '../outside.ts';
import { SessionHost } from '../session-host.ts';
import type { SessionPool } from '../session-host-api.ts';

const file = (name: string): SourceFile => ({
  path: name,
  blob: new Blob([readFileSync(new URL(`../../../tests/fixtures/lenet/${name}`, import.meta.url))]),
});
const pool: SessionPool = {
  workers: [0, 1].map(() => ({ api: new SessionHost(ort, systemClock), generation: 0 })),
  terminate: () => undefined,
};
const refuse = (): Promise<never> => Promise.reject(new Error('These sessions use nothing from outside'));
const outside: Outside = { http: refuse, pageUrl: null, delay: () => undefined, importModule: refuse };
/** Two session hosts in this thread. */
export const platform = { pool, control: new ManualControl(), clock: systemClock, outside };

/** The files of tests/fixtures/lenet. */
export const inputs = { model: [file('model.onnx')], calibration: [file('calib.npz')], evaluation: [file('eval.npz')] };

/** Keeps a session in memory, as JSON would; it may begin with one. */
export class MemoryStore implements SessionStore {
  #record: SessionRecord | null;
  constructor(record: SessionRecord | null = null) {
    this.#record = structuredClone(record);
  }

  load = async (): Promise<SessionRecord | null> => structuredClone(this.#record);
  begin: SessionStore['begin'] = async (header) =>
    void (this.#record = { header, baseline: null, ranges: {}, trials: [], probes: {}, notes: {}, outcome: null });
  saveBaseline: SessionStore['saveBaseline'] = async (baseline, values) =>
    this.#set({ baseline: { baseline, values } });
  saveRanges: SessionStore['saveRanges'] = async (size, ranges) =>
    this.#set({ ranges: { ...this.#record?.ranges, [size]: JSON.parse(JSON.stringify(ranges)) as typeof ranges } });
  appendTrial: SessionStore['appendTrial'] = async (trial) =>
    this.#set({ trials: [...(this.#record?.trials ?? []), trial] });
  saveProbe: SessionStore['saveProbe'] = async (key, probe) =>
    this.#set({ probes: { ...this.#record?.probes, [key]: probe } });
  saveNote: SessionStore['saveNote'] = async (key, note) =>
    this.#set({ notes: { ...this.#record?.notes, [key]: note } });
  finish: SessionStore['finish'] = async (outcome) => this.#set({ outcome });

  #set(change: Partial<SessionRecord>): void {
    this.#record = { ...(this.#record as SessionRecord), ...change };
  }
}
