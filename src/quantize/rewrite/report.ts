import { bytesPerElement, elementCount } from '../../base/tensor.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { tensorType } from '../../onnx/data-types.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import type { PreparedModel } from '../prepared-model.ts';
import type { OpRoles } from '../rules/op-rule.ts';
import { rolesOf } from '../rules/registry.ts';
import type { StoredWeight } from '../weight-storage.ts';
import type { SelectedOp } from './select.ts';

/** What became of one op, and why it computes in float if it does. Ops inside bodies are named by their path. */
export interface OpReport {
  readonly name: string;
  readonly opType: string;
  readonly precision: 'int8' | 'int8 weights' | 'int4 weights' | 'float16 weights' | 'float16' | 'float32';
  readonly reason?: string;
  /** Size of its constant operands in the float model; what several ops read counts at the first. Absent for 0. */
  readonly weightBytes?: number;
  /** Share of the float model's latency that it takes in float, where ops were timed. */
  readonly timeShare?: number;
}

const BLOCK_PRODUCT = 'MatMulNBits computes in float from its 4-bit weights';

/** How weights of float ops are stored. */
export interface EmittedStorage {
  /** Form of each tensor of the main graph that is stored in fewer bits. */
  readonly forms: ReadonlyMap<string, StoredWeight['form']>;
  /** Ops with weights inside the bodies of an If, Loop or Scan, by the name of that node. */
  readonly bodies: ReadonlyMap<string, readonly OpReport[]>;
}

export function opReport(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  storage: EmittedStorage & {
    /** Names of the ops that are MatMulNBits. */
    readonly products: ReadonlySet<string>;
    /** Channels that are split off from the input of an int8 op. */
    readonly loud: ReadonlyMap<string, number>;
  },
): OpReport[] {
  const int8 = new Set([...selected.keys()].map((node) => node.name));
  const counted = new Set<string>();
  return model.graph.nodes.flatMap((node): OpReport[] => {
    const weightBytes = node.input.reduce((sum, name) => sum + bytesOnce(model, name, counted), 0);
    const shared = { name: node.name ?? '', opType: node.opType ?? '', ...(weightBytes > 0 && { weightBytes }) };
    if (int8.has(node.name)) {
      const loud = storage.loud.get(node.name);
      return [{ ...shared, precision: 'int8', ...(loud !== undefined && { reason: splitOff(loud) }) }];
    }
    if (storage.products.has(node.name)) return [{ ...shared, precision: 'int4 weights', reason: BLOCK_PRODUCT }];
    const precision = storagePrecision(node.input.flatMap((name) => storage.forms.get(name) ?? []));
    const roles = rolesOf(node, model);
    const reason =
      typeof roles === 'string'
        ? roles
        : (roles.slower ?? (roles.glue ? 'its neighbours compute in float' : keptFloat(roles)));
    return [{ ...shared, precision, reason }, ...(storage.bodies.get(node.name) ?? [])];
  });
}

function splitOff(channels: number): string {
  return channels === 1
    ? 'a loud channel of its input is split off to float'
    : `${channels} loud channels of its input are split off to float`;
}

/** The report where some ops compute in float16. */
export function inFloat16(report: readonly OpReport[], narrow: ReadonlySet<NodeProto>): OpReport[] {
  if (narrow.size === 0) return [...report];
  const names = new Set([...narrow].map(({ name }) => name));
  return report.map((op) => {
    if (names.has(op.name)) return { ...op, precision: 'float16' };
    return { ...op, reason: 'not in float16: its values need more range, or are no floats' };
  });
}

function bytesOnce({ graph }: PreparedModel, name: string, counted: Set<string>): number {
  const tensor = graph.initializer(name);
  const type = tensor && tensorType(tensor.dataType);
  if (!tensor || !type || counted.has(name)) return 0;
  counted.add(name);
  return elementCount(dimsOf(tensor)) * bytesPerElement(type);
}

function keptFloat({ modes }: OpRoles): string {
  if (modes.includes('static')) return 'kept float by the config';
  return 'kept float by the config: it computes in int8 with ranges measured at run time only (approach: post_training_dynamic_quant)';
}

/** Precision of a float op by the forms of the weights that it reads. */
export function storagePrecision(forms: readonly (StoredWeight['form'] | 'float32')[]): OpReport['precision'] {
  if (forms.includes('int4')) return 'int4 weights';
  if (forms.includes('int8')) return 'int8 weights';
  return forms.includes('float16') ? 'float16 weights' : 'float32';
}
