import { bytesPerElement, elementCount } from '../../base/tensor.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, tensorType } from '../../onnx/tensor-proto.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { rolesOf } from '../rules/registry.ts';
import type { StoredWeight } from '../weight-storage.ts';
import type { SelectedOp } from './select.ts';

/** What became of one op, and why it computes in float if it does. */
export interface OpReport {
  readonly name: string;
  readonly opType: string;
  readonly precision: 'int8' | 'int8 weights' | 'float16 weights' | 'float16' | 'float32';
  readonly reason?: string;
  /** Size of its constant operands in the float model; what several ops read counts at the first. Absent for 0. */
  readonly weightBytes?: number;
  /** Share of the float model's latency that it takes in float, where ops were timed. */
  readonly timeShare?: number;
}

export function opReport(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  storage: ReadonlyMap<string, StoredWeight['form']>,
): OpReport[] {
  const int8 = new Set([...selected.keys()].map((node) => node.name));
  const counted = new Set<string>();
  return model.graph.nodes.map((node) => {
    const weightBytes = node.input.reduce((sum, name) => sum + bytesOnce(model, name, counted), 0);
    const shared = { name: node.name ?? '', opType: node.opType ?? '', ...(weightBytes > 0 && { weightBytes }) };
    if (int8.has(node.name)) return { ...shared, precision: 'int8' };
    const forms = node.input.map((name) => storage.get(name));
    const precision = forms.includes('int8')
      ? 'int8 weights'
      : forms.includes('float16')
        ? 'float16 weights'
        : 'float32';
    const roles = rolesOf(node, model);
    const reason =
      typeof roles === 'string'
        ? roles
        : (roles.slower ?? (roles.glue ? 'its neighbours compute in float' : 'kept float by the config'));
    return { ...shared, precision, reason };
  });
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
