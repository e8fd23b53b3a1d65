import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { exactLayout, quantizeBlocks, type BlockWeight } from '../block-weight.ts';
import type { QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { groupSizeOf, takesInt4 } from './int4-weight.ts';
import { inputAxes } from './storage-axes.ts';
import type { WeightCache } from './weight-cache.ts';

const DOMAIN = 'com.microsoft';

/** Whether an op can be a MatMulNBits: x · W (+ bias) with a constant matrix W that is large enough. */
export function isBlockProduct(node: NodeProto, { graph }: Pick<PreparedModel, 'graph'>): boolean {
  const [, weight = '', bias] = node.input;
  const proto = graph.initializer(weight);
  if (!proto || proto.dims.length !== 2 || !takesInt4(graph, weight)) return false;
  if (node.opType === 'MatMul') return true;
  if (node.opType !== 'Gemm' || intAttribute(node, 'transA', 0) !== 0) return false;
  if (floatAttribute(node, 'alpha', 1) !== 1 || floatAttribute(node, 'beta', 1) !== 1) return false;
  const columns = dimsOf(proto)[intAttribute(node, 'transB', 0) ? 0 : 1];
  const biasDims = bias ? graph.initializer(bias)?.dims : undefined;
  return !bias || (biasDims?.length === 1 && Number(biasDims[0]) === columns);
}

/**
 * MatMul and Gemm with 4-bit weights as MatMulNBits (com.microsoft, version 1), whose kernel reads the codes: symmetric, without
 * zero points, float activations (accuracy level 0). Returns the names of the ops.
 */
export function emitBlockProducts(graph: Graph, config: QuantizeConfig, cache: WeightCache): Set<string> {
  const emitted = new Set<string>();
  const constants = new Map<BlockWeight, readonly [codes: string, scales: string]>();
  for (const node of graph.nodes) {
    const groupSize = groupSizeOf([node], config);
    if (groupSize === undefined || !isBlockProduct(node, { graph })) continue;
    const [input = '', name = '', bias] = node.input;
    const weight = cache.blocks(`${name}|${node.opType}|${groupSize}`, () => {
      const { dims, data } = readTensor(graph.initializer(name) as TensorProto);
      const { first, axes } = inputAxes(node, 2);
      return quantizeBlocks(data as Float32Array, exactLayout(dims, first, axes, groupSize));
    });
    const written = constants.get(weight) ?? writeConstants(graph, name, weight);
    constants.set(weight, written);
    const columns = weight.outer * weight.inner;
    graph.removeNode(node);
    graph.addNode({
      opType: 'MatMulNBits',
      domain: DOMAIN,
      name: node.name,
      input: [input, ...written, ...(bias ? ['', '', bias] : [])],
      output: node.output,
      attributes: { K: weight.length, N: columns, bits: 4, block_size: weight.blockSize, accuracy_level: 0 },
    });
    emitted.add(node.name);
  }
  if (emitted.size > 0 && graph.opset(DOMAIN) === 0) graph.setOpset(1, DOMAIN);
  return emitted;
}

/** Codes as [N, blocks, blockSize / 2], the even input in the low bits; scales as [N, blocks]. */
function writeConstants(graph: Graph, name: string, weight: BlockWeight): readonly [string, string] {
  const { outer, inner, blocks, blockSize } = weight;
  const columns = outer * inner;
  const codes = new Uint8Array((columns * blocks * blockSize) / 2);
  const scales = new Float32Array(columns * blocks);
  for (let n = 0; n < columns; n++) {
    const [o, i] = [Math.floor(n / inner), n % inner];
    for (let b = 0; b < blocks; b++) {
      scales[n * blocks + b] = weight.scales[(o * blocks + b) * inner + i] as number;
      const first = (o * blocks + b) * blockSize * inner + i;
      const target = ((n * blocks + b) * blockSize) / 2;
      for (let k = 0; k < blockSize; k += 2) {
        const low = weight.codes[first + k * inner] as number;
        const high = weight.codes[first + (k + 1) * inner] as number;
        codes[target + k / 2] = low | (high << 4);
      }
    }
  }
  const packed = { type: 'uint8', dims: [columns, blocks, blockSize / 2], data: codes } as const;
  return [
    graph.addInitializer(writeTensor(graph.uniqueName(`${name}_int4`), packed)),
    graph.addInitializer(
      writeTensor(graph.uniqueName(`${name}_scale`), { type: 'float32', dims: [columns, blocks], data: scales }),
    ),
  ];
}
