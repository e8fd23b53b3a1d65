import type { Json } from '../base/canonical-json.ts';
import type { Dataset } from '../data/dataset.ts';
import type { TransformSpec } from '../data/transforms/chain.ts';
import { reversesChannels } from '../data/transforms/reverse-channels.ts';
import { evidenceKey, type Answer, type ClassChange, type Evidence, type SampleChange } from '../history/evidence.ts';
import { DECISION_WIDTH } from '../metrics/decisions.ts';
import type { DriveResult } from '../tuning/driver.ts';
import type { Trial } from '../tuning/types.ts';
import type { Measured } from './baseline.ts';
import { ManualControl } from './control.ts';
import { evaluateModel } from './evaluate.ts';
import type { TuneEvent } from './events.ts';
import { latencyShape } from './latency-shape.ts';
import type { OpenSession } from './open-session.ts';
import { retryDeadWorker } from './retry.ts';
import { thumbnail } from './thumbnail.ts';
import type { EngineTrialRunner } from './trial-runner.ts';

interface EvidenceParts {
  readonly session: OpenSession;
  readonly outcome: DriveResult;
  readonly runner: EngineTrialRunner;
  readonly floatBytes: Uint8Array;
  readonly float: Measured;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  readonly emit: (event: TuneEvent) => void;
}

/** Samples that are shown of each kind. */
const MOST_WORSE = 24;
const MOST_BETTER = 12;

/**
 * What the offered model does otherwise than the float model, from what the trials gave; only a resumed session runs the models
 * again. Kept as a note of the journal, pictures included. Null where nothing is offered, or where a stopped run would have to wait.
 */
export async function gatherEvidence(parts: EvidenceParts): Promise<Evidence | null> {
  const { outcome, runner, recall, session } = parts;
  const { best, stopReason } = outcome;
  if (!best?.modelSha256 || best.status !== 'complete') return null;
  const known = runner.measured(best.modelSha256);
  if (stopReason === 'stopped' && (!known || !parts.float.decisions)) return null;
  const key = evidenceKey(best.modelSha256);
  return (await recall(key, async () => {
    const offered = known ?? (await runAgain(parts, best));
    const float = parts.float.decisions || !offered.decisions ? parts.float : await runFloat(parts);
    const times = runner.times(best.modelSha256 ?? '');
    const found = compare(float, offered, session);
    const transforms = session.settings.evaluation.accuracy.dataloader?.transform ?? [];
    const changes = await illustrated(found.changes, session.setup.feed.dataset, transforms);
    return { ...found, changes, latency: times ? latencyShape(times) : null } as unknown as Json;
  })) as unknown as Evidence;
}

async function runAgain({ runner, session, emit }: EvidenceParts, { config }: Trial): Promise<Measured> {
  emit({ type: 'stage', stage: 'verification', detail: 'Comparing the offered model sample by sample' });
  const { bytes } = await runner.build(config);
  return evaluate(session, bytes);
}

async function runFloat({ session, floatBytes }: EvidenceParts): Promise<Measured> {
  return evaluate(session, floatBytes);
}

/** The user's stop has ended the search, not this. */
function evaluate({ setup }: OpenSession, bytes: Uint8Array): Promise<Measured> {
  return retryDeadWorker(() => evaluateModel({ ...setup, control: new ManualControl() }, 'evidence', bytes));
}

type Comparison = Omit<Evidence, 'latency'>;

function compare(float: Measured, offered: Measured, { setup }: OpenSession): Comparison {
  const samples = samplesOf(float, offered, setup.feed.count);
  const sign = setup.metric.higherIsBetter ? 1 : -1;
  const gain = (sample: SampleChange): number => sign * (sample.offered.value - sample.float.value);
  // Of equal changes the surest answer tells most.
  const byChange = (a: SampleChange, b: SampleChange): number =>
    Math.abs(gain(b)) - Math.abs(gain(a)) || (b.offered.probability ?? 0) - (a.offered.probability ?? 0);
  const worse = samples.filter((sample) => gain(sample) < 0).sort(byChange);
  const better = samples.filter((sample) => gain(sample) > 0).sort(byChange);
  const { classNames } = setup.feed.dataset;
  const hasClasses = samples.some((sample) => sample.float.class !== undefined);
  return {
    format: 'octet-evidence/1',
    samples: samples.length,
    worse: worse.length,
    better: better.length,
    decidedOtherwise: hasClasses ? samples.filter((each) => each.float.class !== each.offered.class).length : null,
    classes: hasClasses ? byClass(samples) : [],
    ...(hasClasses && classNames && { classNames }),
    changes: [...worse.slice(0, MOST_WORSE), ...better.slice(0, MOST_BETTER)],
  };
}

function samplesOf(float: Measured, offered: Measured, count: number): SampleChange[] {
  const hasClasses = float.decisions !== null && offered.decisions !== null;
  const answer = ({ values, decisions }: Measured, i: number): Answer => {
    const value = values[i] as number;
    if (!hasClasses || !decisions) return { value };
    const probability = column(decisions, i, 1);
    return { value, class: column(decisions, i, 0), ...(Number.isFinite(probability) && { probability }) };
  };
  return Array.from({ length: count }, (_, i) => ({
    sample: i,
    label: hasClasses ? wholeOrNull(column(offered.decisions as Float32Array, i, 2)) : null,
    float: answer(float, i),
    offered: answer(offered, i),
  }));
}

function column(decisions: Float32Array, sample: number, at: number): number {
  return decisions[sample * DECISION_WIDTH + at] as number;
}

function wholeOrNull(value: number): number | null {
  return Number.isInteger(value) ? value : null;
}

function byClass(samples: readonly SampleChange[]): ClassChange[] {
  const groups = new Map<number, SampleChange[]>();
  for (const sample of samples) {
    const key = sample.label ?? sample.float.class ?? -1;
    const members = groups.get(key) ?? [];
    members.push(sample);
    groups.set(key, members);
  }
  const mean = (members: readonly SampleChange[], of: 'float' | 'offered'): number =>
    members.reduce((sum, member) => sum + member[of].value, 0) / members.length;
  return [...groups]
    .map(([label, members]) => ({
      class: label,
      samples: members.length,
      float: mean(members, 'float'),
      offered: mean(members, 'offered'),
    }))
    .sort(
      (a, b) =>
        Math.abs(b.offered - b.float) * b.samples - Math.abs(a.offered - a.float) * a.samples || a.class - b.class,
    );
}

/** The samples with a picture of each that is one, colours in the order RGB whatever order the model takes. */
export async function illustrated(
  changes: readonly SampleChange[],
  dataset: Pick<Dataset, 'read'>,
  transforms: readonly TransformSpec[],
): Promise<SampleChange[]> {
  const isReversed = reversesChannels(transforms);
  const told: SampleChange[] = [];
  for (const change of changes) {
    const { inputs } = await dataset.read(change.sample, 1);
    const [input] = Object.values(inputs);
    const picture = input && thumbnail(input, { isReversed });
    told.push(picture ? { ...change, picture } : change);
  }
  return told;
}
