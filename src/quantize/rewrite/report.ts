import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { rolesOf } from '../rules/registry.ts';
import type { StoredWeight } from '../weight-storage.ts';
import type { SelectedOp } from './select.ts';

/** What became of one op, and why it computes in float if it does. */
export interface OpReport {
  readonly name: string;
  readonly opType: string;
  readonly precision: 'int8' | 'int8 weights' | 'float16 weights' | 'float32';
  readonly reason?: string;
}

export function opReport(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  storage: ReadonlyMap<string, StoredWeight['form']>,
): OpReport[] {
  const int8 = new Set([...selected.keys()].map((node) => node.name));
  return model.graph.nodes.map((node) => {
    const shared = { name: node.name ?? '', opType: node.opType ?? '' };
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
