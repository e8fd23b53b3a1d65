import type { NodeProto } from './proto/onnx_pb.ts';

/** True for a node of the standard operator set (ai.onnx) with one of these types. */
export function isOperator(node: NodeProto, ...opTypes: readonly string[]): boolean {
  return isStandardDomain(node.domain) && opTypes.includes(node.opType);
}

export function isStandardDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}
