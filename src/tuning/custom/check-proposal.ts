import { Fault } from '../../base/fault.ts';
import type { OpConfig } from '../../quantize/config.ts';
import { optionText } from '../canonical.ts';
import type { Proposal, SpaceOp, TuneConfig, TuningSpace } from '../types.ts';

/** Where a proposal came from, for messages. */
export interface Source {
  readonly fileName: string;
  /** Steps of the strategy, from 1. */
  readonly step: number;
  /** What a config without a stage of its own is called. */
  readonly stage: string;
}

/**
 * What a strategy that Octet does not know has yielded, as proposals of the space. Ops that follow their neighbours are filled
 * in. Throws `strategy-proposal-invalid`, naming step, config and op.
 */
export function checkProposals(yielded: unknown, space: TuningSpace, source: Source): Proposal[] {
  if (!Array.isArray(yielded)) {
    throw invalid(source, '', { found: describe(yielded), accepted: 'a list of configs: yield [config]' });
  }
  return yielded.map((one: unknown, i) => {
    const place = `config ${i + 1}`;
    const given = isMap(one) && 'config' in one ? one : { config: one };
    const stage = given['stage'] ?? source.stage;
    if (typeof stage !== 'string' || stage === '')
      throw invalid(source, `${place}, stage`, { found: describe(stage), accepted: 'text' });
    return { config: checkConfig(given['config'], space, source, place), stage };
  });
}

function checkConfig(config: unknown, space: TuningSpace, source: Source, place: string): TuneConfig {
  if (!isMap(config) || !isMap(config['ops'])) {
    const accepted = 'a config {ops, samplingSize, weightStorage}, as context.helpers makes them';
    throw invalid(source, place, { found: describe(config), accepted });
  }
  const {
    ops: given,
    samplingSize = space.samplingSizes[0],
    weightStorage = space.weightStorage,
    smoothQuant,
  } = config;
  const sizes: readonly unknown[] = [...space.samplingSizes, 0];
  if (!sizes.includes(samplingSize))
    throw invalid(source, `${place}, samplingSize`, { found: describe(samplingSize), accepted: sizes.join(', ') });
  if (weightStorage !== space.weightStorage)
    throw invalid(source, `${place}, weightStorage`, { found: describe(weightStorage), accepted: space.weightStorage });
  const alphas: readonly unknown[] = space.smoothQuant;
  if (smoothQuant !== undefined && !alphas.includes(smoothQuant)) {
    const accepted = alphas.join(', ') || 'none: SmoothQuant is no choice here';
    throw invalid(source, `${place}, smoothQuant`, { found: describe(smoothQuant), accepted });
  }
  const names = new Set(space.ops.map(({ name }) => name));
  const stranger = Object.keys(given).find((name) => !names.has(name));
  if (stranger !== undefined) {
    const accepted = `ops of the space: ${[...names].slice(0, 8).join(', ')}${names.size > 8 ? ' …' : ''}`;
    throw invalid(source, place, { found: `an op named ${stranger}`, accepted });
  }
  const ops = space.ops.flatMap((op): [string, OpConfig][] => {
    const choice = choiceFor(op, given[op.name]);
    if (choice !== null) return [[op.name, choice]];
    const accepted = [...(op.float ? ["'fp32'"] : []), ...op.int8.map(optionText)].join(' or ') || "'fp32'";
    throw invalid(source, `${place}, op ${op.name}`, { found: describe(given[op.name]), accepted });
  });
  const inFloat = space.ops.every((op, i) => op.glue || ops[i]?.[1] === 'fp32');
  return {
    ops: Object.fromEntries(inFloat ? ops.map(([name]) => [name, 'fp32' as const]) : ops),
    samplingSize: samplingSize === 0 && !inFloat ? (space.samplingSizes[0] ?? 0) : Number(samplingSize),
    weightStorage: space.weightStorage,
    ...(smoothQuant === undefined ? {} : { smoothQuant: Number(smoothQuant) }),
  };
}

/** The space's own option, so that nothing of the module's lives on; null for a choice that the op does not have. */
function choiceFor({ int8, float, glue }: SpaceOp, given: unknown): OpConfig | null {
  if (glue && (given === undefined || given === 'fp32')) return int8[0] ?? 'fp32';
  if (given === undefined || given === 'fp32') return float || int8.length === 0 ? 'fp32' : null;
  const text = isInt8(given) ? optionText(given) : null;
  return int8.find((option) => optionText(option) === text) ?? null;
}

function isInt8(value: unknown): value is Exclude<OpConfig, 'fp32'> {
  return isMap(value) && isMap(value['weight']) && isMap(value['activation']);
}

function invalid({ fileName, step }: Source, place: string, details: { found: string; accepted: string }): Fault {
  return new Fault('strategy-proposal-invalid', {
    message: 'The strategy proposes what is no config of this tuning space.',
    file: fileName,
    place: [`step ${step}`, place].filter(Boolean).join(', '),
    ...details,
    next: 'Build configs with context.helpers, and choose among the options of context.space.ops. Finished trials are kept.',
  });
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    return (JSON.stringify(value) ?? typeof value).slice(0, 160);
  } catch {
    return typeof value;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
