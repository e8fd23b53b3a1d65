import { intsAttribute } from './attributes.ts';
import type { Graph } from './graph.ts';
import { INFERENCE_RULES } from './inference/registry.ts';
import { constantTensor } from './inference/constant.ts';
import { UNKNOWN, type InferredTensor, type RuleContext, type Values } from './inference/rule.ts';
import { isStandardDomain } from './operator.ts';
import type { NodeProto } from './proto/onnx_pb.ts';
import { declaredTensor } from './value-info.ts';

export type { InferredTensor } from './inference/rule.ts';

/**
 * Types and dims of every tensor of the main graph, forward from inputs and initializers; what the model itself declares
 * fills in where no rule knows (custom ops, outputs of If and Loop). Never a guess: unknown stays undefined or null.
 */
export function inferTensors(graph: Graph): Map<string, InferredTensor> {
  const inference = new Inference(graph);
  for (const node of graph.sortedNodes()) inference.visit(node);
  return inference.tensors;
}

/** Inference node by node, for passes that edit the graph on the way. */
export class Inference {
  readonly tensors = new Map<string, InferredTensor>();
  readonly #declared: ReadonlyMap<string, InferredTensor>;

  constructor(graph: Graph) {
    const { input = [], output = [], valueInfo = [] } = graph.model.graph ?? {};
    this.#declared = new Map([...valueInfo, ...output, ...input].map((info) => [info.name, declaredTensor(info)]));
    for (const name of graph.inputs) this.tensors.set(name, this.#declared.get(name) ?? UNKNOWN);
    for (const [name, tensor] of graph.initializers) this.tensors.set(name, constantTensor(tensor));
  }

  tensor(name: string): InferredTensor {
    return this.tensors.get(name) ?? UNKNOWN;
  }

  /** Infers a node's outputs from what is known of its inputs: call in topological order. */
  visit(node: NodeProto): void {
    const outputs = this.#apply(node);
    node.output.forEach((name, index) => {
      if (name === '') return;
      const inferred = outputs[index] ?? UNKNOWN;
      const declared = this.#declared.get(name);
      const type = inferred.type ?? declared?.type;
      const dims = inferred.dims ?? declared?.dims;
      this.tensors.set(name, inferred.values ? { type, dims, values: inferred.values } : { type, dims });
    });
  }

  #apply(node: NodeProto): readonly InferredTensor[] {
    const isKnownDomain = isStandardDomain(node.domain) || node.domain === 'com.microsoft';
    const rule = isKnownDomain ? INFERENCE_RULES.get(node.opType) : undefined;
    return rule?.(this.#context(node)) ?? [];
  }

  #context(node: NodeProto): RuleContext {
    const input = (index: number) => this.tensor(node.input[index] ?? '');
    const has = (index: number) => Boolean(node.input[index]);
    return {
      node,
      input,
      has,
      integers: (index, attributeName) => {
        const attribute = intsAttribute(node, attributeName);
        if (attribute || !has(index)) return attribute;
        return whollyKnown(input(index).values) ?? null;
      },
    };
  }
}

/** The values where each of them is known. */
export function whollyKnown(values: Values | undefined): readonly number[] | undefined {
  const known = values?.filter((value) => value !== null);
  return known && known.length === values?.length ? known : undefined;
}
