import { elementCount, type Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../decode.ts';
import { encodeModel } from '../encode.ts';
import { exposeTensors } from '../expose.ts';
import { Graph } from '../graph.ts';
import type { Pass } from '../passes/pass.ts';
import type { ModelProto } from '../proto/onnx_pb.ts';
import { declaredTensor } from '../value-info.ts';
import { worstDifference } from './compare-tensors.ts';
import { runModel, type TensorMap } from './run-model.ts';

export interface Parity {
  /** The graph after the passes. */
  readonly graph: Graph;
  readonly opTypes: readonly string[];
  readonly warnings: readonly string[];
  /** Largest difference of any output, and of any tensor that both graphs name, relative to its spread. */
  readonly difference: number;
}

/** Runs a model, puts it through passes, and runs it again on the same inputs. */
export async function checkParity(model: ModelProto, passes: readonly Pass[], feeds = waves(model)): Promise<Parity> {
  const original = new Graph(decodeModel(encodeModel(model)));
  const warnings: string[] = [];
  const graph = new Graph(decodeModel(encodeModel(model)));
  for (const pass of passes) pass.run(graph, ({ code }) => warnings.push(code));
  graph.prune();
  const names = written(original).filter((name) => graph.producer(name));
  const before = await runModel(exposeTensors(original, names), feeds);
  const after = await runModel(exposeTensors(graph, names), feeds);
  const opTypes = graph.nodes.map(({ opType }) => opType);
  return { graph, opTypes, warnings, difference: worstDifference(after, before) };
}

function written({ nodes }: Graph): string[] {
  return nodes.flatMap(({ output }) => output.filter(Boolean));
}

/** Float inputs between −2 and 2 that repeat nowhere; symbolic sizes become 2. */
export function waves(model: ModelProto): TensorMap {
  const inputs = new Graph(model).inputs;
  const infos = (model.graph?.input ?? []).filter(({ name }) => inputs.includes(name));
  return Object.fromEntries(
    infos.map((info) => [info.name, wave((declaredTensor(info).dims ?? []).map((dim) => dim ?? 2))]),
  );
}

export function wave(dims: readonly number[]): Tensor {
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, (_, i) => 2 * Math.sin(i * i + 1)),
  };
}
