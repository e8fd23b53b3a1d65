import { elementCount } from '../../base/tensor.ts';
import { bodies } from '../../onnx/bodies.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor } from '../../onnx/tensor-proto.ts';
import { evenLayout, quantizeBlocks } from '../block-weight.ts';
import type { QuantizeConfig } from '../config.ts';
import { storeWeight, type StoredWeight } from '../weight-storage.ts';
import { bodyReader, emitBodyStorage } from './emit-body-storage.ts';
import type { EmittedStorage, OpReport } from './report.ts';
import { groupSizeOf, takesInt4 } from './int4-weight.ts';
import { inputAxes, isStorable, storageAxes } from './storage-axes.ts';
import { storedBytes, storedNodes } from './stored-nodes.ts';
import type { WeightCache } from './weight-cache.ts';

/**
 * Stores the weights that float ops read as int8 × scales, float16 or (where the config says so) 4-bit blocks, in front of
 * nodes that ONNX Runtime folds when a session is created: same kernels, same speed, fewer bytes. Weights inside bodies are
 * stored there.
 */
export function emitStorage(graph: Graph, config: QuantizeConfig, cache: WeightCache): EmittedStorage {
  const { weightStorage: storage } = config;
  const forms = new Map<string, StoredWeight['form']>();
  const store = (key: string, proto: TensorProto, reader: NodeProto | undefined): StoredWeight | null => {
    if (storage === 'float32' || !isStorable(proto)) return null;
    const axes = storageAxes(reader, dimsOf(proto));
    return cache.stored(`${key}|${storage}`, () => smaller(storeWeight(readTensor(proto), axes, storage), proto));
  };
  for (const [name, proto] of [...graph.initializers]) {
    const [reader] = graph.consumers(name);
    if (!reader || graph.isOutput(name)) continue;
    const groupSize = takesInt4(graph, name) ? groupSizeOf(graph.consumers(name), config) : undefined;
    const stored =
      groupSize === undefined
        ? store(name, proto, bodyReader(reader, name))
        : cache.stored(`${name}|int4|${groupSize}`, () => storeInt4(proto, reader, groupSize));
    if (!stored) continue;
    const { initializers, nodes } = storedNodes(name, stored, (base) => graph.uniqueName(base));
    graph.removeInitializer(name);
    for (const tensor of initializers) graph.addInitializer(tensor);
    for (const node of nodes) graph.addNode(node);
    forms.set(name, stored.form);
  }
  const inner = new Map<string, readonly OpReport[]>();
  for (const node of graph.nodes) {
    if (bodies(node).length > 0) inner.set(node.name, emitBodyStorage(graph, node, forms, store));
  }
  return { forms, bodies: inner };
}

function storeInt4(proto: TensorProto, reader: NodeProto, groupSize: number): StoredWeight {
  const { dims, data } = readTensor(proto);
  const { first, axes } = inputAxes(reader, dims.length);
  const weight = quantizeBlocks(data as Float32Array, evenLayout(dims, first, axes, groupSize));
  return { form: 'int4', weight, dims };
}

/** Null where the stored form does not take fewer bytes than the float tensor. */
function smaller(stored: StoredWeight, proto: TensorProto): StoredWeight | null {
  return storedBytes(stored) < elementCount(dimsOf(proto)) * 4 ? stored : null;
}
