import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/canonical-json.ts';
import { canonicalConfig, configText } from '../canonical.ts';
import { LOSSES, rig, simulation } from '../testing/simulation.ts';
import type { DriveResult } from '../driver.ts';
import type { Probes, Trial, TuneConfig } from '../types.ts';
import { STRATEGIES } from './registry.ts';

type Line =
  | { readonly trial: Trial }
  | { readonly probe: string; readonly errors: readonly (readonly [string, number])[] }
  | { readonly note: string; readonly value: Json };

/** All that a session journals, in order; writing the line after the last that fits kills the run. */
class LineJournal {
  readonly lines: Line[];
  readonly #room: number;
  /** Probes and notes that were made again. */
  readonly made: string[] = [];

  constructor(lines: readonly Line[], room: number) {
    this.lines = structuredClone([...lines]);
    this.#room = room;
  }

  write(line: Line): void {
    if (this.lines.length >= this.#room) throw new Error('killed');
    this.lines.push(structuredClone(line));
  }

  readonly probe = async (kind: string, config: TuneConfig, samples: number): Promise<Map<string, number>> => {
    const key = `${kind} ${samples} ${configText(config)}`;
    const known = this.lines.find((line) => 'probe' in line && line.probe === key);
    if (known && 'probe' in known) return new Map(known.errors);
    const errors = Object.keys(canonicalConfig(config).ops).map((name) => [name, errorOf(name)] as const);
    this.write({ probe: key, errors });
    this.made.push(key);
    return new Map(errors);
  };

  readonly recall = async <T extends Json>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = this.lines.find((line) => 'note' in line && line.note === key);
    if (known && 'note' in known) return known.value as T;
    const value = await make();
    this.write({ note: key, value });
    this.made.push(key);
    return value;
  };
}

function errorOf(name: string): number {
  return LOSSES[name] ?? 0.01 * (1 + (name.charCodeAt(name.length - 1) % 7));
}

function run(name: string, seed: number, journal: LineJournal): Promise<DriveResult> {
  const { space, simulated } = simulation(seed);
  const settings = `tuning: {strategy: {name: ${name}}, accuracy_criterion: {absolute: 0.001}, exit_policy: {max_trials: 15}, random_seed: ${seed}}`;
  const kept = journal.lines.flatMap((line) => ('trial' in line ? [line.trial] : []));
  const made = rig(settings, simulated, kept, space);
  const outputError = async (config: TuneConfig, samples: number): Promise<number> =>
    [...(await journal.probe('output', config, samples)).values()].reduce((sum, error) => sum + error, 0);
  const probes: Probes = {
    output: outputError,
    divergence: outputError,
    ops: (config, samples) => journal.probe('ops', config, samples),
  };
  const append = async (trial: Trial): Promise<void> => journal.write({ trial });
  return made.run({ probes, recall: journal.recall, journal: { trials: async () => kept, append } });
}

describe.each(STRATEGIES.map(({ name }) => name))('%s, killed at any line of the journal', (name) => {
  it('goes on as if nothing had happened, and repeats nothing that was journalled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }),
        async (seed, kills) => {
          const whole = new LineJournal([], Infinity);
          const undisturbed = await run(name, seed, whole);
          let lines: readonly Line[] = [];
          const made: string[] = [];
          for (const kill of [...kills.toSorted((a, b) => a - b), Infinity]) {
            const journal = new LineJournal(lines, Math.max(kill, lines.length));
            const ended = await run(name, seed, journal).catch((error: unknown) => error as Error);
            if (ended instanceof Error) expect(ended.message).toBe('killed');
            lines = journal.lines;
            made.push(...journal.made);
            if (kill !== Infinity) continue;
            expect(ended).toMatchObject({ stopReason: undisturbed.stopReason, best: undisturbed.best });
            expect((ended as DriveResult).trials).toEqual(undisturbed.trials);
          }
          expect(lines).toEqual(whole.lines);
          expect(made).toEqual(whole.made);
        },
      ),
      { numRuns: 10 },
    );
  });
});
