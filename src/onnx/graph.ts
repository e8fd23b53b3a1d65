import { create } from '@bufbuild/protobuf';
import { Fault } from '../base/fault.ts';
import { makeNode, type NodeSpec } from './attributes.ts';
import { bodies, capturedNames, namesWithin } from './bodies.ts';
import { copyMessage } from './copy-message.ts';
import {
  OperatorSetIdProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './proto/onnx_pb.ts';

/**
 * A model's main graph with its indices kept current: who produces a tensor, who reads it, which are constants.
 * Edits go through the methods. Sub-graph bodies (If, Loop, Scan) are opaque; what they capture counts as read by their node.
 */
export class Graph {
  readonly model: ModelProto;
  readonly #graph: GraphProto;
  readonly #nodes: Set<NodeProto>;
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, Set<NodeProto>>();
  readonly #captures = new Map<NodeProto, Set<string>>();
  readonly #initializers = new Map<string, TensorProto>();
  readonly #names = new Set<string>();
  readonly #nextSuffix = new Map<string, number>();

  /** Wraps `model`, which the graph owns from now on; `commit` writes the node and initializer lists back. */
  constructor(model: ModelProto) {
    if (!model.graph) {
      throw new Fault('model-invalid', { message: 'The model has no graph', next: 'Export the model again.' });
    }
    this.model = model;
    this.#graph = model.graph;
    this.#nodes = new Set(model.graph.node);
    for (const tensor of model.graph.initializer) this.#initializers.set(tensor.name, tensor);
    for (const node of this.#nodes) this.#index(node);
    for (const value of [...model.graph.input, ...model.graph.output, ...model.graph.initializer]) {
      this.#names.add(value.name);
    }
    for (const sparse of model.graph.sparseInitializer) if (sparse.values) this.#names.add(sparse.values.name);
  }

  /** Nodes in stored order; topologically sorted only after `commit`. */
  get nodes(): readonly NodeProto[] {
    return [...this.#nodes];
  }

  get initializers(): ReadonlyMap<string, TensorProto> {
    return this.#initializers;
  }

  /** Graph inputs that are no initializers, in order. */
  get inputs(): readonly string[] {
    return this.#graph.input.map(({ name }) => name).filter((name) => !this.#initializers.has(name));
  }

  get outputs(): readonly string[] {
    return this.#graph.output.map(({ name }) => name);
  }

  /** Version of the operator set imported for a domain; 0 if it is not imported. */
  opset(domain = ''): number {
    const entry = this.model.opsetImport.find((set) => normalDomain(set.domain) === normalDomain(domain));
    return Number(entry?.version ?? 0n);
  }

  setOpset(version: number, domain = ''): void {
    const entry = this.model.opsetImport.find((set) => normalDomain(set.domain) === normalDomain(domain));
    if (entry) entry.version = BigInt(version);
    else this.model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }));
  }

  producer(tensor: string): NodeProto | undefined {
    return this.#producers.get(tensor);
  }

  /** Nodes that read `tensor`, each once, those whose bodies capture it included. */
  consumers(tensor: string): readonly NodeProto[] {
    return [...(this.#consumers.get(tensor) ?? [])];
  }

  /** Its inputs as listed ('' where an optional one is left out), and what its bodies capture. */
  reads(node: NodeProto): readonly string[] {
    const captures = this.#captures.get(node);
    return captures ? [...node.input, ...captures] : node.input;
  }

  initializer(name: string): TensorProto | undefined {
    return this.#initializers.get(name);
  }

  isInput(name: string): boolean {
    return this.#graph.input.some((input) => input.name === name);
  }

  isOutput(name: string): boolean {
    return this.#graph.output.some((output) => output.name === name);
  }

  /** True when the body of an If, Loop or Scan reads this outer tensor by name: it must keep its name. */
  isCaptured(tensor: string): boolean {
    return this.consumers(tensor).some((node) => this.#captures.get(node)?.has(tensor));
  }

  hasNode(node: NodeProto): boolean {
    return this.#nodes.has(node);
  }

  /** `base`, or `base_1`, `base_2` … : a tensor and node name that nothing uses yet. It is reserved by the call. */
  uniqueName(base: string): string {
    let name = base;
    if (this.#names.has(base)) {
      let suffix = this.#nextSuffix.get(base) ?? 1;
      for (; this.#names.has(name); suffix++) name = `${base}_${suffix}`;
      this.#nextSuffix.set(base, suffix);
    }
    this.#names.add(name);
    return name;
  }

  addNode(spec: NodeSpec | NodeProto): NodeProto {
    const node = '$typeName' in spec ? spec : makeNode(spec);
    this.#nodes.add(node);
    this.#index(node);
    return node;
  }

  removeNode(node: NodeProto): void {
    for (const name of this.reads(node)) this.#consumers.get(name)?.delete(node);
    for (const name of node.output) if (this.#producers.get(name) === node) this.#producers.delete(name);
    this.#nodes.delete(node);
  }

  addInitializer(tensor: TensorProto): string {
    const name = tensor.name;
    this.#initializers.set(name, tensor);
    this.#names.add(name);
    return name;
  }

  removeInitializer(name: string): void {
    this.#initializers.delete(name);
  }

  /** Makes `node` read `tensor` at input `index` (the list grows with empty names where needed). */
  setInput(node: NodeProto, index: number, tensor: string): void {
    const before = node.input[index];
    while (node.input.length < index) node.input.push('');
    node.input[index] = tensor;
    if (before && !this.reads(node).includes(before)) this.#consumers.get(before)?.delete(node);
    this.#addConsumer(tensor, node);
  }

  /** Replaces the whole input list. */
  setInputs(node: NodeProto, inputs: readonly string[]): void {
    for (const name of this.reads(node)) this.#consumers.get(name)?.delete(node);
    node.input = [...inputs];
    for (const name of this.reads(node)) this.#addConsumer(name, node);
  }

  setOutput(node: NodeProto, index: number, tensor: string): void {
    const before = node.output[index];
    if (before && this.#producers.get(before) === node) this.#producers.delete(before);
    node.output[index] = tensor;
    if (!tensor) return;
    this.#producers.set(tensor, node);
    this.#names.add(tensor);
  }

  /** Lets every reader of `from` read `to`, captures and graph outputs excepted. */
  replaceUses(from: string, to: string): void {
    for (const node of this.consumers(from)) {
      node.input.forEach((name, index) => {
        if (name === from) this.setInput(node, index, to);
      });
    }
  }

  /** Removes nodes that reach no graph output, then initializers nobody reads. */
  prune(): void {
    const live = new Set<NodeProto>();
    const stack = [...this.outputs];
    const seen = new Set<string>();
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const node = this.producer(name);
      if (!node || live.has(node)) continue;
      live.add(node);
      stack.push(...this.reads(node));
    }
    for (const node of this.#nodes) if (!live.has(node)) this.removeNode(node);
    for (const name of this.#initializers.keys()) {
      if (!this.#consumers.get(name)?.size && !this.isOutput(name)) this.#initializers.delete(name);
    }
  }

  /**
   * Sorts nodes topologically (stable) and writes nodes and initializers into the model, which it returns.
   * Declarations (value_info) of tensors that are gone go too.
   */
  commit(): ModelProto {
    const sorted = this.sortedNodes();
    this.#nodes.clear();
    for (const node of sorted) this.#nodes.add(node);
    this.#graph.node = sorted;
    this.#graph.initializer = [...this.#initializers.values()];
    this.#graph.valueInfo = this.#graph.valueInfo.filter(
      ({ name }) => this.#producers.has(name) || this.#initializers.has(name),
    );
    return this.model;
  }

  /** An independent copy for edits: nodes are copied, tensors, attributes and everything else are shared. */
  clone(): Graph {
    const model = copyMessage(this.model);
    const graph = copyMessage(this.#graph);
    graph.node = this.nodes.map((source) => {
      const node = copyMessage(source);
      node.input = [...source.input];
      node.output = [...source.output];
      node.attribute = [...source.attribute];
      return node;
    });
    graph.initializer = [...this.#initializers.values()];
    graph.input = [...graph.input];
    graph.output = [...graph.output];
    graph.valueInfo = [...graph.valueInfo];
    model.graph = graph;
    model.opsetImport = this.model.opsetImport.map(copyMessage);
    model.metadataProps = [...this.model.metadataProps];
    return new Graph(model);
  }

  #index(node: NodeProto): void {
    const inner = bodies(node);
    if (inner.length > 0) this.#captures.set(node, new Set(inner.flatMap(capturedNames)));
    for (const name of this.reads(node)) this.#addConsumer(name, node);
    for (const name of node.output) {
      if (name) this.#producers.set(name, node);
      this.#names.add(name);
    }
    this.#names.add(node.name);
    for (const body of inner) for (const name of namesWithin(body)) this.#names.add(name);
  }

  #addConsumer(tensor: string, node: NodeProto): void {
    if (tensor === '') return;
    const set = this.#consumers.get(tensor);
    if (set) set.add(node);
    else this.#consumers.set(tensor, new Set([node]));
    this.#names.add(tensor);
  }

  /** The nodes in topological order: the stored order, except that what a node needs is moved in front of it. */
  sortedNodes(): NodeProto[] {
    const done = new Set<NodeProto>();
    const open = new Set<NodeProto>();
    const order: NodeProto[] = [];
    for (const root of this.#nodes) {
      const stack = [root];
      while (stack.length > 0) {
        const node = stack[stack.length - 1] as NodeProto;
        if (done.has(node)) {
          stack.pop();
          continue;
        }
        open.add(node);
        const missing: NodeProto[] = [];
        for (const name of this.reads(node)) {
          const producer = this.#producers.get(name);
          if (producer && !done.has(producer)) missing.push(producer);
        }
        if (missing.length === 0) {
          order.push(node);
          done.add(node);
          stack.pop();
        } else if (missing.some((producer) => open.has(producer))) {
          throw new Fault('model-invalid', {
            message: 'The graph has a cycle',
            place: `node ${node.name} (${node.opType})`,
            next: 'Export the model again.',
          });
        } else stack.push(...missing.reverse());
      }
    }
    return order;
  }
}

function normalDomain(domain: string | undefined): string {
  return domain === 'ai.onnx' ? '' : (domain ?? '');
}
