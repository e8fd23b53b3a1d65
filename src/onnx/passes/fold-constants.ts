import { allocate, bytesPerElement, elementCount, type Tensor } from '../../base/tensor.ts';
import { setNumber } from '../evaluation/evaluator.ts';
import { EVALUATORS } from '../evaluation/registry.ts';
import type { Graph } from '../graph.ts';
import { Inference, whollyKnown, type InferredTensor } from '../infer.ts';
import { constantTensor } from '../inference/constant.ts';
import { isOperator, isStandardDomain } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { tensorType } from '../data-types.ts';
import { readTensor, writeTensor } from '../tensor-proto.ts';
import type { Pass } from './pass.ts';

const MAX_RESULT_BYTES = 64 * 2 ** 20;
/** How much larger than its inputs a result may be: Expand, Gather and their like stay where they make the model grow. */
const MAX_GROWTH_BYTES = 1024;

/** Computes what depends on constants alone, and shapes that are known beforehand. */
export const FOLD_CONSTANTS: Pass = {
  name: 'fold-constants',
  run(graph) {
    const inference = new Inference(graph);
    for (const node of graph.sortedNodes()) {
      inference.visit(node);
      const results = isPublic(graph, node)
        ? undefined
        : (fromValues(node, inference) ?? evaluate(graph, node, inference));
      if (!results) continue;
      graph.removeNode(node);
      results.forEach((tensor, index) => {
        const proto = writeTensor(node.output[index] ?? '', tensor);
        graph.addInitializer(proto);
        inference.tensors.set(proto.name, constantTensor(proto));
      });
    }
  },
};

function isPublic(graph: Graph, node: NodeProto): boolean {
  return node.output.some((name) => graph.isOutput(name));
}

/** A shape, or what was computed from one, whose elements inference followed. */
function fromValues(node: NodeProto, inference: Inference): Tensor[] | undefined {
  if (node.output.length !== 1) return undefined;
  const { type, dims, values } = inference.tensor(node.output[0] ?? '');
  const known = whollyKnown(values);
  const sizes = whollyKnown(dims);
  if (!type || !known || !sizes) return undefined;
  const data = allocate(type, known.length);
  return known.every((value, index) => setNumber(data, index, value)) ? [{ type, dims: sizes, data }] : undefined;
}

function evaluate(graph: Graph, node: NodeProto, inference: Inference): Tensor[] | undefined {
  const evaluator = isStandardDomain(node.domain) ? EVALUATORS.get(node.opType) : undefined;
  if (!evaluator) return undefined;
  const protos = node.input.map((name) => (name ? graph.initializer(name) : undefined));
  const isConstant = node.input.every((name, index) => !name || tensorType(protos[index]?.dataType) !== undefined);
  if (!isConstant) return undefined;
  const outputs = node.output.map((name) => shapeOf(inference.tensor(name)));
  const inputs = protos.map((proto) => proto && readTensor(proto));
  const allowance = inputs.reduce((sum, input) => sum + (input ? bytes(input) : 0), MAX_GROWTH_BYTES);
  const results: Tensor[] = [];
  for (const [outputIndex, shape] of outputs.entries()) {
    if (!shape || bytes(shape) > MAX_RESULT_BYTES) return undefined;
    if (bytes(shape) > allowance && !isOperator(node, 'Cast')) return undefined;
    const data = evaluator({ node, inputs, ...shape, outputIndex });
    if (!data) return undefined;
    results.push({ ...shape, data });
  }
  return results;
}

function shapeOf({ type, dims }: InferredTensor): Pick<Tensor, 'type' | 'dims'> | undefined {
  const sizes = whollyKnown(dims);
  return type && sizes ? { type, dims: sizes } : undefined;
}

function bytes({ type, dims }: Pick<Tensor, 'type' | 'dims'>): number {
  return elementCount(dims) * bytesPerElement(type);
}
