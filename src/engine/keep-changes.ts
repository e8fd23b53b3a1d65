import { fromBase64, toBase64 } from '../base/base64.ts';
import type { Json } from '../base/canonical-json.ts';
import { changesKey, packChanges, type ChangedSamples, type ChangeKind } from '../history/changed-samples.ts';
import { DECISION_WIDTH } from '../metrics/decisions.ts';
import type { Trial } from '../tuning/types.ts';
import type { Measured } from './baseline.ts';

interface KeepParts {
  readonly float: Measured;
  readonly notes: Readonly<Record<string, Json>>;
  readonly samples: number;
  readonly higherIsBetter: boolean;
  /** What a model of this run gave; undefined where it did not run on all samples. */
  readonly measured: (modelSha256: string) => Measured | undefined;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
}

const CLASSES_KEY = 'float classes';
/** Classes are kept in 16 bits, for so many samples at the most. */
const MOST_CLASSES = 0x10000;

/**
 * Returns what keeps the samples that a trial changed, as a note of the journal, made from what its evaluation gave. The float
 * model's classes are a note too: a resumed session has no others to compare with.
 */
export async function changesKeeper(parts: KeepParts): Promise<(trial: Trial) => Promise<void>> {
  const classes = await floatClasses(parts);
  return async ({ modelSha256, status }) => {
    const found = modelSha256 !== null && status === 'complete' ? parts.measured(modelSha256) : undefined;
    if (!found) return;
    await parts.recall(changesKey(modelSha256 ?? ''), async () => ({ ...changesOf(found, classes, parts) }));
  };
}

async function floatClasses({ float, notes, samples, recall }: KeepParts): Promise<ArrayLike<number> | null> {
  if (samples > MOST_CLASSES || (!float.decisions && notes[CLASSES_KEY] === undefined)) return null;
  const kept = await recall(CLASSES_KEY, async () => {
    const classes = Uint16Array.from({ length: samples }, (_, sample) => classOf(float, sample) ?? 0);
    return toBase64(new Uint8Array(classes.buffer));
  });
  const bytes = fromBase64(kept);
  return new Uint16Array(bytes.buffer);
}

function changesOf(
  found: Measured,
  classes: ArrayLike<number> | null,
  { float, samples, higherIsBetter }: KeepParts,
): ChangedSamples {
  const changes = new Map<number, ChangeKind>();
  const counts = { worse: 0, better: 0, otherwise: 0 };
  for (let sample = 0; sample < samples; sample++) {
    const gain = (found.values[sample] ?? NaN) - (float.values[sample] ?? NaN);
    const decided = classes && classOf(found, sample);
    const isOther = decided !== null && decided !== classes?.[sample];
    if (gain === 0 && !isOther) continue;
    const kind = gain === 0 ? 'otherwise' : gain > 0 === higherIsBetter ? 'better' : 'worse';
    counts[kind]++;
    changes.set(sample, kind);
  }
  const isDecided = classes !== null && found.decisions !== null;
  return {
    format: 'octet-changes/1',
    samples,
    ...counts,
    otherwise: isDecided ? counts.otherwise : null,
    packed: packChanges(changes),
  };
}

function classOf({ decisions }: Measured, sample: number): number | null {
  return decisions?.[sample * DECISION_WIDTH] ?? null;
}
