import fc from 'fast-check';
import { createRng, type Rng } from '../../base/rng.ts';
import { encodeModel } from '../../onnx/encode.ts';
import type { TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import { buildModel, type TestNode } from '../../onnx/testing/build-model.ts';

const LAYERS = ['conv', 'depthwise', 'shared', 'matmul', 'gemm', 'transposed'] as const;
const ACTIVATIONS = ['relu', 'clip', 'sigmoid', 'leaky', 'tanh', 'softmax'] as const;
const OTHERS = ['add', 'mul', 'concat', 'constant', 'maxpool', 'mean', 'reshape', 'transpose'] as const;
type Kind = (typeof LAYERS | typeof ACTIVATIONS | typeof OTHERS)[number];

const kind: fc.Arbitrary<Kind> = fc.oneof(
  { arbitrary: fc.constantFrom<Kind>('conv', 'matmul'), weight: 3 },
  { arbitrary: fc.constantFrom<Kind>(...LAYERS), weight: 2 },
  { arbitrary: fc.constantFrom<Kind>('relu'), weight: 2 },
  { arbitrary: fc.constantFrom<Kind>(...ACTIVATIONS), weight: 1 },
  { arbitrary: fc.constantFrom<Kind>(...OTHERS), weight: 2 },
);

/** What decides a random net; fast-check shrinks it. */
export interface NetSpec {
  readonly seed: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** `at`: which of the tensors so far is read, counted from the newest. */
  readonly steps: readonly {
    readonly kind: Kind;
    readonly at: number;
    readonly other: number;
    readonly size: number;
  }[];
  readonly naming: 'unique' | 'empty' | 'equal';
  readonly declared: 'fixed' | 'dynamic';
  /** A second graph output, which is an inner tensor. */
  readonly innerOutput: boolean;
  readonly deadChannels: boolean;
}

/** Mostly chains, some branches. */
const NEWEST = fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.nat(4), weight: 1 });

export const netSpec: fc.Arbitrary<NetSpec> = fc.record({
  seed: fc.nat(1e6),
  channels: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
  steps: fc.array(
    fc.record({
      kind,
      at: NEWEST,
      other: fc.nat(5),
      size: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  naming: fc.constantFrom('unique', 'empty', 'equal'),
  declared: fc.constantFrom('fixed', 'dynamic'),
  innerOutput: fc.boolean(),
  deadChannels: fc.boolean(),
});

/** A model file with the input `x` of four dims. */
export function randomNet(spec: NetSpec): { bytes: Uint8Array; dims: readonly number[] } {
  const dims = [1, spec.channels, spec.height, spec.width];
  const net = new Net(spec, dims);
  for (const step of spec.steps) net.add(step);
  const names = net.tensors.slice(1).map(({ name }) => name);
  const outputs = spec.innerOutput ? [names.at(-1)!, names[Math.floor(names.length / 2)]!] : [names.at(-1)!];
  const model = buildModel({
    nodes: net.nodes.map((node, i) => ({ ...node, name: { unique: `n${i}`, empty: '', equal: 'n' }[spec.naming] })),
    inputs: { x: { dims: spec.declared === 'fixed' ? dims : ['N', spec.channels, 'H', 'W'] } },
    outputs: Object.fromEntries(outputs.map((name) => [name, {}])),
    initializers: net.constants,
    opset: 17,
  });
  return { bytes: encodeModel(model), dims };
}

interface Shaped {
  readonly name: string;
  readonly dims: readonly [number, number, number, number];
}

class Net {
  readonly nodes: TestNode[] = [];
  readonly constants: TensorProto[] = [];
  readonly tensors: Shaped[];
  readonly #rng: Rng;
  readonly #isDead: boolean;
  readonly #filters = new Map<number, string>();

  constructor({ seed, deadChannels }: NetSpec, dims: readonly number[]) {
    this.#rng = createRng(seed);
    this.#isDead = deadChannels;
    this.tensors = [{ name: 'x', dims: dims as unknown as Shaped['dims'] }];
  }

  add({ kind, at, other, size }: NetSpec['steps'][number]): void {
    const source = this.tensors.at(-1 - (at % this.tensors.length))!;
    const [n, c, h, w] = source.dims;
    switch (kind) {
      case 'conv':
      case 'depthwise':
        return this.#conv(source, size, kind === 'depthwise' ? c : 1);
      case 'shared':
        return this.#shared(source);
      case 'matmul':
        return this.#push('MatMul', [source.name, this.#weight([w, size], 1)], [n, c, h, size]);
      case 'transposed':
        return this.#push('ConvTranspose', [source.name, this.#weight([c, size, 2, 2], 1)], [n, size, h + 1, w + 1]);
      case 'gemm':
        return this.#gemm(source, size);
      case 'relu':
        return this.#push('Relu', [source.name], source.dims);
      case 'clip':
        return this.#push('Clip', [source.name, this.#scalar(0), this.#scalar(size / 2)], source.dims);
      case 'sigmoid':
        return this.#push('Sigmoid', [source.name], source.dims);
      case 'leaky':
        return this.#push('LeakyRelu', [source.name], source.dims, { alpha: { float: 0.1 } });
      case 'tanh':
        return this.#push('Tanh', [source.name], source.dims);
      case 'softmax':
        return this.#push('Softmax', [source.name], source.dims, { axis: 1 });
      case 'add':
      case 'mul':
        return this.#push(kind === 'add' ? 'Add' : 'Mul', [source.name, this.#like(source, other).name], source.dims);
      case 'concat':
        return this.#concat(source, other);
      case 'constant':
        return this.#push('Add', [source.name, this.#weight([c, h, w], 0)], source.dims);
      case 'maxpool':
        return this.#push('MaxPool', [source.name], source.dims, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
      case 'mean':
        return this.#push('GlobalAveragePool', [source.name], [n, c, 1, 1]);
      case 'reshape':
        return this.#push('Reshape', [source.name, this.#integers([n, c, w, h])], [n, c, w, h]);
      case 'transpose':
        return this.#push('Transpose', [source.name], [n, c, w, h], { perm: [0, 1, 3, 2] });
    }
  }

  #conv(source: Shaped, size: number, group: number): void {
    const [n, c, h, w] = source.dims;
    const outputs = group === 1 ? size : c;
    const filter = this.#weight([outputs, c / group, 3, 3], 0);
    this.#filters.set(c / group, filter);
    const bias = this.#rng.uniform() < 0.6 ? [this.#weight([outputs], 0)] : [];
    this.#push('Conv', [source.name, filter, ...bias], [n, outputs, h, w], { pads: [1, 1, 1, 1], group });
  }

  /** A Conv by the weight of an earlier one, where one fits. */
  #shared(source: Shaped): void {
    const [n, c, h, w] = source.dims;
    const filter = this.#filters.get(c);
    if (filter === undefined) return this.#conv(source, c, 1);
    const outputs = Number(this.constants.find(({ name }) => name === filter)!.dims[0]);
    this.#push('Conv', [source.name, filter], [n, outputs, h, w], { pads: [1, 1, 1, 1] });
  }

  #gemm(source: Shaped, size: number): void {
    const [n, c, h, w] = source.dims;
    const flat = `f${this.nodes.length}`;
    this.nodes.push({ opType: 'Flatten', input: [source.name], output: [flat], attributes: { axis: 2 } });
    const transB = size % 2;
    const weight = this.#weight(transB ? [size, h * w] : [h * w, size], transB ? 0 : 1);
    const product = `g${this.nodes.length}`;
    const bias = this.#weight(this.#rng.uniform() < 0.5 ? [size] : [1, size], 0);
    this.nodes.push({ opType: 'Gemm', input: [flat, weight, bias], output: [product], attributes: { transB } });
    this.#push('Reshape', [product, this.#integers([n, c, size, 1])], [n, c, size, 1]);
  }

  #concat(source: Shaped, other: number): void {
    const partner = this.#pick(other, ({ dims }) => dims[2] === source.dims[2] && dims[3] === source.dims[3]) ?? source;
    const [n, c, h, w] = source.dims;
    this.#push('Concat', [source.name, partner.name], [n, c + partner.dims[1], h, w], { axis: 1 });
  }

  #like(source: Shaped, other: number): Shaped {
    return this.#pick(other, ({ dims }) => dims.join() === source.dims.join()) ?? source;
  }

  #pick(other: number, fits: (tensor: Shaped) => boolean): Shaped | undefined {
    const candidates = this.tensors.filter(fits);
    return candidates[other % candidates.length];
  }

  #push(opType: string, input: readonly string[], dims: Shaped['dims'], attributes: TestNode['attributes'] = {}): void {
    const name = `t${this.tensors.length}`;
    this.nodes.push({ opType, input, output: [name], attributes });
    this.tensors.push({ name, dims });
  }

  /** Channels along `axis` differ in loudness by up to 30 times; some are dead. */
  #weight(dims: readonly number[], axis: number): string {
    const stride = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const loudness = Array.from({ length: dims[axis]! }, () => 10 ** (-1.5 * this.#rng.uniform()));
    if (this.#isDead && dims.length > 1) loudness[0] = 0;
    const count = dims.reduce((product, dim) => product * dim, 1);
    const values = Float32Array.from(
      { length: count },
      (_, i) => (this.#rng.uniform() * 2 - 1) * loudness[Math.floor(i / stride) % loudness.length]!,
    );
    return this.#store('float32', dims, values);
  }

  #scalar(value: number): string {
    return this.#store('float32', [], Float32Array.of(value));
  }

  #integers(values: readonly number[]): string {
    return this.#store('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  #store(type: 'float32' | 'int64', dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const name = `c${this.constants.length}`;
    this.constants.push(writeTensor(name, { type, dims, data }));
    return name;
  }
}
