import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { elementwise } from './elementwise.ts';
import { floatOnly } from './float-only.ts';
import { gemm } from './gemm.ts';
import { lstm } from './lstm.ts';
import { matmul } from './matmul.ts';
import type { OpRoles, OpRule } from './op-rule.ts';
import { passThrough } from './pass-through.ts';
import { unary } from './unary.ts';

const RULES: readonly OpRule[] = [conv, matmul, gemm, lstm, elementwise, concat, unary, passThrough, floatOnly];
const BY_TYPE = new Map(RULES.flatMap((rule) => rule.opTypes.map((type) => [type, rule] as const)));

/** Searches ask for the same nodes again and again; prepared models are never edited. */
const known = new WeakMap<PreparedModel, Map<NodeProto, OpRoles | string>>();

/** What the node is in int8, or why it computes in float. */
export function rolesOf(node: NodeProto, model: PreparedModel): OpRoles | string {
  const ofModel = known.get(model) ?? new Map<NodeProto, OpRoles | string>();
  known.set(model, ofModel);
  const roles = ofModel.get(node) ?? findRoles(node, model);
  ofModel.set(node, roles);
  return roles;
}

function findRoles(node: NodeProto, model: PreparedModel): OpRoles | string {
  if (node.domain && node.domain !== 'ai.onnx') return `operators of domain ${node.domain} are left as they are`;
  return (
    BY_TYPE.get(node.opType ?? '')?.roles(node, model) ?? `${node.opType ?? 'this op'} has no integer kernel on WASM`
  );
}
