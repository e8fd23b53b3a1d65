import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { viewAs, type Tensor, type TensorData, type TensorType } from '../../base/tensor.ts';
import { encodeModel } from '../encode.ts';
import { ort } from '../../runtime/ort-node.ts';
import type { ModelProto } from '../proto/onnx_pb.ts';

export type TensorMap = Readonly<Record<string, Tensor>>;

/** Runs a model once in ONNX Runtime (WASM, no graph optimization) and gives all its outputs. */
export async function runModel(model: ModelProto, feeds: TensorMap): Promise<TensorMap> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  try {
    const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type as 'float32', data as Float32Array, dims),
    ]);
    const outputs = await session.run(Object.fromEntries(inputs) as Record<string, OrtTensor>);
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, ours(tensor)]));
  } finally {
    await session.release();
  }
}

function ours(tensor: OrtTensor): Tensor {
  const type = tensor.type as TensorType;
  const raw = tensor.data as TensorData;
  const data = viewAs(type, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength).slice());
  return { type, dims: tensor.dims, data };
}
