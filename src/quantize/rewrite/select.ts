import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { Int8OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import type { OpRoles } from '../rules/op-rule.ts';
import { rolesOf } from '../rules/registry.ts';
import { absorbableActivation } from './absorb.ts';

/** An op that will compute in int8. */
export interface SelectedOp {
  readonly node: NodeProto;
  readonly roles: OpRoles;
  readonly config: Int8OpConfig;
  /** The Relu or Clip behind it writes a tensor that is needed in float: it is not absorbed. */
  readonly keepsActivation?: true;
}

/**
 * The ops that compute in int8 under a config: those it names, and of the glue ops it names those that stand between
 * int8 ops on both sides; anywhere else their Q and DQ would be pure cost. `inFloat`: tensors that no glue op and no absorbed
 * activation may write.
 */
export function selectOps(
  model: PreparedModel,
  config: QuantizeConfig,
  inFloat: ReadonlySet<string> = new Set(),
): Map<NodeProto, SelectedOp> {
  const selected = new Map<NodeProto, SelectedOp>();
  const int8Outputs = new Set<string>();
  for (const node of model.graph.nodes) {
    const choice = config.ops[node.name ?? ''];
    if (choice === undefined || choice === 'fp32') continue;
    const roles = rolesOf(node, model);
    if (typeof roles === 'string' || !roles.modes.includes(choice.mode)) continue;
    if (roles.glue && node.output.some((tensor) => inFloat.has(tensor))) continue;
    if (roles.glue && !roles.activations.every((index) => int8Outputs.has(node.input[index] ?? ''))) continue;
    const activation = inFloat.size > 0 ? absorbableActivation(model.graph, node) : undefined;
    const keepsActivation = activation !== undefined && inFloat.has(activation.output[0] ?? '');
    const op: SelectedOp = { node, roles, config: choice, ...(keepsActivation && { keepsActivation }) };
    selected.set(node, op);
    if (choice.mode === 'static') for (const tensor of writtenTensors(model, op)) int8Outputs.add(tensor);
  }
  for (const node of [...selected.keys()].reverse()) {
    const op = selected.get(node) as SelectedOp;
    if (op.roles.glue && !feedsInt8(model, op, selected)) selected.delete(node);
  }
  return selected;
}

/** The Relu or Clip behind an op whose effect the range of its output carries; a symmetric range does not end where it clips. */
export function absorbedActivation(
  { graph }: PreparedModel,
  { node, roles, config, keepsActivation }: SelectedOp,
): NodeProto | undefined {
  if (keepsActivation || config.mode !== 'static' || roles.output !== 'own' || config.activation.scheme === 'sym')
    return undefined;
  return absorbableActivation(graph, node);
}

/** Tensors that an int8 op writes once a Relu or Clip behind it is absorbed. */
export function writtenTensors(model: PreparedModel, op: SelectedOp): string[] {
  const activation = absorbedActivation(model, op);
  return activation ? [activation.output[0] as string] : op.node.output.filter(Boolean);
}

/** True when a static int8 op reads `tensor` as an activation. */
export function isReadByInt8(
  model: PreparedModel,
  tensor: string,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
): boolean {
  return model.graph.consumers(tensor).some((consumer) => {
    const op = selected.get(consumer);
    return op?.config.mode === 'static' && op.roles.activations.some((index) => consumer.input[index] === tensor);
  });
}

function feedsInt8(model: PreparedModel, op: SelectedOp, selected: ReadonlyMap<NodeProto, SelectedOp>): boolean {
  return writtenTensors(model, op).some((tensor) => isReadByInt8(model, tensor, selected));
}
