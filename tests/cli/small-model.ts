import { createRng } from '../../src/base/rng.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { TensorProto } from '../../src/onnx/proto/onnx_pb.ts';
import { floats } from '../../src/onnx/tensor-proto.ts';
import { buildModel, type TestNode } from '../../src/onnx/testing/build-model.ts';
import { file } from './octet.ts';
import { labels, npy, npz } from './npz.ts';

export const CLASSES = 4;
const CHANNELS = 8;
const SIDE = 6;
const SAMPLE = [CHANNELS, SIDE, SIDE];
const VALUES = CHANNELS * SIDE * SIDE;

/** Values in [0, 1). */
function uniform(count: number, seed: number): Float32Array<ArrayBuffer> {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.uniform());
}

export function weights(name: string, dims: readonly number[], change: Readonly<Record<number, number>> = {}) {
  const values = uniform(
    dims.reduce((a, b) => a * b, 1),
    dims.length,
  ).map((value, i) => change[i] ?? value - 0.5);
  return floats(name, values, dims);
}

export interface SmallModel {
  /** Between the input `x` and the Conv that reads `h`. */
  readonly first?: readonly TestNode[];
  readonly initializers?: readonly TensorProto[];
}

/** A Conv large enough that int8 pays, mean over each channel as scores: `x` [N, 8, 6, 6] to `y` [N, 4]. */
export function smallModel({ first, initializers = [] }: SmallModel = {}): Uint8Array {
  const nodes: readonly TestNode[] = [
    ...(first ?? [{ opType: 'Identity', input: ['x'], output: ['h'] }]),
    { opType: 'Conv', input: ['h', 'w'], output: ['c'], name: 'conv' },
    { opType: 'GlobalAveragePool', input: ['c'], output: ['g'] },
    { opType: 'Flatten', input: ['g'], output: ['y'] },
  ];
  const all = initializers.some(({ name }) => name === 'w')
    ? initializers
    : [weights('w', [CLASSES, CHANNELS, 3, 3]), ...initializers];
  return encodeModel(
    buildModel({
      nodes,
      inputs: { x: { dims: ['N', ...SAMPLE] } },
      outputs: { y: { dims: ['N', CLASSES] } },
      initializers: all,
    }),
  );
}

export interface SmallData {
  readonly count?: number;
  readonly dims?: readonly number[];
  readonly name?: string;
  /** Value of all elements of one sample. */
  readonly sample?: readonly [number, number];
  readonly scale?: number;
  /** Null: none. */
  readonly labels?: readonly number[] | null;
}

/** Path of an .npz with samples for `smallModel`. */
export async function smallData(data: SmallData = {}): Promise<string> {
  const { count = 12, dims = SAMPLE, name = 'x', sample, scale = 1 } = data;
  const row = dims.reduce((a, b) => a * b, 1);
  const values = uniform(count * row, 5).map((value) => value * scale);
  if (sample) values.fill(sample[1], sample[0] * VALUES, (sample[0] + 1) * VALUES);
  const classes = data.labels === undefined ? Array.from({ length: count }, (_, i) => i % CLASSES) : data.labels;
  const arrays = { [name]: npy([count, ...dims], values), ...(classes && { labels: labels(...classes) }) };
  return file('data.npz', await npz(arrays));
}

/** Path of a configuration; topk unless it says otherwise. */
export function smallConfig(text = ''): string {
  return file('tune.yaml', text || 'evaluation: {accuracy: {metric: {topk: 1}}}\ntuning: {objective: modelsize}\n');
}
