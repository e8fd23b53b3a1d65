import { GRANULARITIES, RANGE_METHODS, WEIGHT_STORAGES } from './config-words.ts';
import type { Int8OpConfig, OpConfig } from '../quantize/config.ts';
import type { Trial, TuneConfig } from '../tuning/types.ts';

/** Something that trials decided differently. */
export interface Decision {
  /** What was decided; several where the trials always decided them together, so that they cannot be told apart. */
  readonly names: readonly string[];
  /** Two at least, in order of their first use. */
  readonly values: readonly string[];
  /** Place among `values`, by trial. */
  readonly codes: Uint8Array;
}

interface Column {
  readonly name: string;
  readonly of: (config: TuneConfig) => string;
  /** Says something of int8 ops only: that there are none is another column's decision. */
  readonly ofInt8?: true;
}

/** More ops than this are told by kind: nobody reads a hundred axes, and few trials cannot weigh them. */
const MOST_OPS = 24;
/** More values than a bit mask holds become one. */
const MOST_VALUES = 30;
const OTHER = 'other';
const NONE = 'none';
const PRECISIONS: ReadonlySet<string> = new Set(['float', 'int8', 'dynamic int8', 'int4 weights']);

/**
 * What the configs of these trials differ in: precision of each op (of each kind of op where many differ), form of the int8 ops by
 * kind, recipes, storage of weights. `opTypes` by op name; ops that it lacks are of one kind. A step of the generator is a column of
 * all trials, so that a page can breathe in between.
 */
export function* decisionsOf(
  trials: readonly Trial[],
  opTypes: ReadonlyMap<string, string>,
): Generator<void, Decision[]> {
  const configs = trials.map(({ config }) => config);
  const names = new Set<string>();
  for (const { ops } of configs) for (const name in ops) names.add(name);
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = opTypes.get(name) ?? 'op';
    const members = kinds.get(kind) ?? [];
    members.push(name);
    kinds.set(kind, members);
  }
  yield;
  const byOp = yield* coded(
    [...names].map((name): Column => ({ name, of: ({ ops }) => precision(ops[name]) })),
    configs,
  );
  const precisions = merged(byOp).length <= MOST_OPS ? byOp : yield* coded([...kinds].map(kindColumn), configs);
  const rest = yield* coded([...[...kinds].flatMap(formColumns), ...WHOLE], configs);
  return merged([...precisions, ...rest]);
}

/** A name that fits a line. */
export function decisionName({ names }: Decision): string {
  const [first = '', ...others] = names;
  return others.length === 0 ? first : `${first} + ${others.length} more`;
}

function onOff(value: boolean | undefined): string {
  return value ? 'on' : 'off';
}

const WHOLE: readonly Column[] = [
  { name: 'SmoothQuant', of: ({ smoothQuant }) => (smoothQuant === undefined ? 'off' : `α ${smoothQuant}`) },
  { name: 'Equalization', of: ({ equalization }) => onOff(equalization) },
  { name: 'Bias correction', of: ({ biasCorrection }) => onOff(biasCorrection) },
  { name: 'Weight clip', of: ({ weightClip }) => onOff(weightClip) },
  { name: 'Outlier channels split off', of: ({ outlierChannels }) => onOff(outlierChannels) },
  { name: '4-bit weights in memory', of: ({ matmulNBits }) => onOff(matmulNBits) },
  { name: 'Float16 compute', of: ({ float16Compute }) => onOff(float16Compute) },
  { name: 'Weight storage', of: ({ weightStorage }) => WEIGHT_STORAGES[weightStorage] },
  { name: 'Calibration samples', of: ({ samplingSize }) => (samplingSize > 0 ? String(samplingSize) : 'none') },
];

function precision(op: OpConfig | undefined): string {
  if (op === undefined || op === 'fp32') return 'float';
  if (op.mode === 'weight_only') return 'int4 weights';
  return op.mode === 'dynamic' ? 'dynamic int8' : 'int8';
}

function kindColumn([kind, members]: [string, readonly string[]]): Column {
  return { name: `${kind} ops`, of: ({ ops }) => shared(members.map((name) => precision(ops[name]))) };
}

function formColumns([kind, members]: [string, readonly string[]]): Column[] {
  const form = (what: string, told: (op: Int8OpConfig) => string | null): Column => ({
    name: `${what} (${kind})`,
    ofInt8: true,
    of: ({ ops }) =>
      shared(
        members.flatMap((name) => {
          const op = ops[name];
          return op === undefined || op === 'fp32' ? [] : (told(op) ?? []);
        }),
      ),
  });
  return [
    form('Range method', ({ mode, activation }) => (mode === 'static' ? RANGE_METHODS[activation.algorithm] : null)),
    form('Weight granularity', ({ weight }) => GRANULARITIES[weight.granularity]),
  ];
}

function shared(values: readonly string[]): string {
  const different = new Set(values);
  return different.size > 1 ? 'mixed' : (values[0] ?? NONE);
}

interface Coded {
  readonly name: string;
  readonly values: readonly string[];
  readonly codes: Uint8Array;
}

/** Columns in which trials differ. */
function* coded(columns: readonly Column[], configs: readonly TuneConfig[]): Generator<void, Coded[]> {
  const found: Coded[] = [];
  for (const { name, of, ofInt8 } of columns) {
    const values: string[] = [];
    const places = new Map<string, number>();
    const codes = Uint8Array.from(configs, (config) => {
      const told = of(config);
      const value = places.has(told) || values.length < MOST_VALUES ? told : OTHER;
      const place = places.get(value) ?? values.push(value) - 1;
      places.set(value, place);
      return place;
    });
    const isDecision = (ofInt8 ? values.filter((value) => value !== NONE) : values).length > 1;
    if (isDecision) found.push({ name, values, codes });
    yield;
  }
  return found;
}

/** Columns that part the trials alike are one. */
function merged(columns: readonly Coded[]): Decision[] {
  const byParting = new Map<string, { names: string[]; values: readonly string[]; codes: Uint8Array }>();
  for (const { name, values, codes } of columns) {
    const key = new TextDecoder('latin1').decode(codes);
    const same = byParting.get(key);
    if (!same) byParting.set(key, { names: [name], values, codes });
    else {
      same.names.push(name);
      // Of ops that always went different ways both are told; otherwise the first one's words will do.
      if (values.every((value) => PRECISIONS.has(value))) {
        same.values = same.values.map((value, i) => {
          const words = value.split(' / ');
          return words.includes(values[i] as string) ? value : [...words, values[i]].join(' / ');
        });
      }
    }
  }
  return [...byParting.values()];
}
