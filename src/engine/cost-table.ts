import { elementCount } from '../base/tensor.ts';
import { concatenate } from '../base/bytes.ts';
import { encodeModel } from '../onnx/encode.ts';
import { Graph } from '../onnx/graph.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { ActivationRange, IntegerMode, OpConfig, QuantizeConfig } from '../quantize/config.ts';
import { CostModel } from '../quantize/cost/cost-model.ts';
import type { CostTable, NodeCost, OpCost } from '../quantize/cost/cost-table.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { KernelTime } from '../runtime/kernel-times.ts';
import type { Feed } from './feed.ts';
import type { ModelProfile, SessionPool, SessionWorker } from './session-host-api.ts';

/** Time for all profiles together; a few runs of each model are made in any case. */
const BUDGET_MS = 2500;
/** Lines of a profile that are worth printing and reading. */
const MAX_LINES = 40_000;
/** Any range will do: integer kernels take the same time whatever the numbers. */
const RANGE: ActivationRange = { min: -1, max: 1 };
/** Of a Q or DQ where a model shows none to measure: onnxruntime-web 1.30 on an AVX-512 server. */
const ASSUMED: NodeCost = { perRunMs: 0.001, perElementMs: 1e-6 };
const MIN_PER_RUN_MS = 0.001;
/** Corrections take no more than this share of a time: on a restless machine they may be off, and nothing costs nothing. */
const MOST_ADDED = 0.9;
/** Smaller tensors say nothing of the cost per element. */
const MIN_ELEMENTS = 1024;

/**
 * Measures what every op of a model costs in float and in int8, with the Q and DQ around it: the float model and one with all
 * ops in int8 (one more for run-time ranges) run in turns under ONNX Runtime's profiler. Needs no calibration.
 */
export async function measureCosts(
  pool: SessionPool,
  feed: Feed,
  model: PreparedModel,
  modes: readonly IntegerMode[],
): Promise<CostTable> {
  const variants = modes.map((mode) => allInt8(model, mode)).filter(({ ops }) => Object.keys(ops).length > 0);
  const tagged = tagNodes(model);
  const models = [encodeModel(tagged.graph.model), ...variants.map(({ ops }) => int8Model(model, tagged, ops))];
  const worker = pool.workers[0] as SessionWorker;
  const maxRuns = Math.ceil(MAX_LINES / Math.max(1, 2 * model.graph.nodes.length));
  const profiles = await feed.on(worker, 0, (batch) =>
    worker.api.profile({ models, batch, budgetMs: BUDGET_MS, maxRuns }),
  );
  const [float = [], ...int8] = profiles.map(withoutProfiler);
  const floatMs = byTag(float);
  const ops = Object.fromEntries(
    model.graph.nodes.map(({ name }, i): [string, OpCost] => [name ?? '', { float: floatMs.get(i) ?? 0 }]),
  );
  const table: CostTable = {
    format: 'octet-costs/1',
    floatMs: profiles[0]?.runMs ?? 0,
    ops,
    quantize: nodeCost(model, int8.flat(), 'QuantizeLinear'),
    dequantize: nodeCost(model, int8.flat(), 'DequantizeLinear'),
  };
  for (const [i, { mode, ops: chosen }] of variants.entries()) {
    for (const [at, ms] of int8Costs(model, int8[i] ?? [], floatMs)) {
      const name = model.graph.nodes[at]?.name ?? '';
      ops[name] = { ...(ops[name] as OpCost), [mode]: ms };
    }
    spreadRest(model, table, ops, { mode, ops: chosen }, profiles[i + 1]?.runMs ?? 0);
  }
  return { ...table, floatMs: rounded(table.floatMs), ops: roundedCosts(ops) };
}

/** Every op in int8 that can be in this mode. */
interface Variant {
  readonly mode: IntegerMode;
  readonly ops: Readonly<Record<string, OpConfig>>;
}

function allInt8(model: PreparedModel, mode: IntegerMode): Variant {
  const chosen = modelCapability(model).ops.flatMap(({ name, int8 }): [string, OpConfig][] => {
    const option = int8.find((each) => each.mode === mode);
    return option ? [[name, option]] : [];
  });
  return { mode, ops: Object.fromEntries(chosen) };
}

/** Node names survive fusion as parts of kernel names: `#i#` finds node i again. */
function tagNodes({ graph, infos }: PreparedModel): PreparedModel {
  const copy = graph.clone();
  copy.nodes.forEach((node, i) => (node.name = `#${i}#`));
  return { graph: new Graph(copy.commit()), infos };
}

const TAG = /#(\d+)#/;

function int8Model(model: PreparedModel, tagged: PreparedModel, ops: Variant['ops']): Uint8Array {
  const byTagName = model.graph.nodes.flatMap(({ name }, i): [string, OpConfig][] => {
    const choice = ops[name ?? ''];
    return choice ? [[`#${i}#`, choice]] : [];
  });
  const config: QuantizeConfig = { ops: Object.fromEntries(byTagName), weightStorage: 'float32' };
  const tensors = calibrationTensors(tagged, selectOps(tagged, config));
  const ranges = Object.fromEntries(tensors.map((tensor) => [tensor, RANGE]));
  const all = { minmax: ranges, percentile: ranges, kl: ranges, mse: ranges };
  return concatenate(rewrite(tagged, config, all, new WeightCache()).parts);
}

/**
 * What a whole run tells and the kernels do not add up to (small kernels take as long as the profiler adds to them) is spread
 * over the int8 ops by their float time, so that the table foretells the profiled model itself exactly.
 */
function spreadRest(
  model: PreparedModel,
  table: CostTable,
  ops: Record<string, OpCost>,
  { mode, ops: chosen }: Variant,
  runMs: number,
): void {
  const foretold = new CostModel(model, table).ratio({ ops: chosen, weightStorage: 'float32' }) * table.floatMs;
  const measured = Object.entries(ops).filter(([, cost]) => cost[mode] !== undefined);
  const total = measured.reduce((sum, [, { float }]) => sum + float, 0);
  if (total === 0) return;
  for (const [name, cost] of measured) {
    const share = ((runMs - foretold) * cost.float) / total;
    const ms = cost[mode] ?? 0;
    ops[name] = { ...cost, [mode]: Math.max((1 - MOST_ADDED) * ms, ms + share) };
  }
}

function roundedCosts(ops: Readonly<Record<string, OpCost>>): CostTable['ops'] {
  const known = Object.entries(ops).filter(([, cost]) => Object.values(cost).some((ms) => ms > 0));
  return Object.fromEntries(
    known.map(([name, cost]) => [
      name,
      Object.fromEntries(
        Object.entries(cost).map(([precision, ms]) => [precision, rounded(ms as number)]),
      ) as unknown as OpCost,
    ]),
  );
}

/** The profiler adds some microseconds to every kernel, which is more than small ones take: no more than the smallest shows. */
function withoutProfiler({ runMs, kernels }: ModelProfile): KernelTime[] {
  const sum = kernels.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const smallest = Math.min(...kernels.map(({ milliseconds }) => milliseconds));
  const added = Math.min(MOST_ADDED * smallest, Math.max(0, (sum - runMs) / Math.max(1, kernels.length)));
  return kernels.map((kernel) => ({ ...kernel, milliseconds: Math.max(0, kernel.milliseconds - added) }));
}

function byTag(kernels: readonly KernelTime[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const { name, milliseconds } of kernels) {
    const tag = TAG.exec(name)?.[1];
    if (tag !== undefined) times.set(Number(tag), (times.get(Number(tag)) ?? 0) + milliseconds);
  }
  return times;
}

/**
 * Milliseconds of each op that was asked to be int8, by node index. Float nodes that its readers fused with before, and that
 * now run by themselves (or the other way round), count as its cost.
 */
function int8Costs(
  { graph }: PreparedModel,
  kernels: readonly KernelTime[],
  floatMs: ReadonlyMap<number, number>,
): Map<number, number> {
  const int8Ms = byTag(kernels);
  const index = new Map(graph.nodes.map((node, i) => [node, i]));
  const isInt8 = new Set(
    kernels.filter(({ opType }) => INTEGER_KERNEL.test(opType)).map(({ name }) => Number(TAG.exec(name)?.[1] ?? -1)),
  );
  const costs = new Map([...isInt8].filter((i) => i >= 0).map((i) => [i, int8Ms.get(i) ?? 0]));
  for (const i of [...costs.keys()]) {
    const outputs = graph.nodes[i]?.output ?? [];
    for (const reader of outputs.flatMap((tensor) => graph.consumers(tensor))) {
      const at = index.get(reader) as number;
      if (costs.has(at) || floatMs.has(at) === int8Ms.has(at)) continue;
      costs.set(i, (costs.get(i) ?? 0) + (int8Ms.get(at) ?? 0) - (floatMs.get(at) ?? 0));
    }
  }
  return costs;
}

/** Kernels of an op in int8, after fusion. */
const INTEGER_KERNEL = /^(QLinear|QGemm|MatMulInteger|DynamicQuantize|ConvInteger)/;

function nodeCost({ infos }: PreparedModel, kernels: readonly KernelTime[], opType: string): NodeCost {
  const suffix = `_${opType}`;
  let [ms, elements] = [0, 0];
  for (const { name, opType: kernel, milliseconds } of kernels) {
    const dims = infos.get(name.replace(/(_\d+)?$/, '').slice(0, -suffix.length))?.dims;
    if (kernel !== opType || !dims) continue;
    const count = elementCount(dims.map((dim) => dim ?? 1));
    if (count < MIN_ELEMENTS) continue;
    ms += milliseconds;
    elements += count;
  }
  if (elements === 0) return ASSUMED;
  return { perRunMs: MIN_PER_RUN_MS, perElementMs: Number((ms / elements).toPrecision(3)) };
}

/** To a nanosecond: what is below is noise. */
function rounded(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
