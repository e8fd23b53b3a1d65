/** What a tune config says about ops; the vocabulary of Neural Compressor's tuning space for ONNX. */

export type WeightDtype = 'int8' | 'uint8' | 'int4' | 'fp32';
/** 16 bits: codes for other runtimes (NPUs); ONNX Runtime has no integer kernels for them and computes between them in float. */
export type ActivationDtype = 'uint8' | 'int8' | 'uint16' | 'int16' | 'fp32';
export type Scheme = 'sym' | 'asym';
/** `per_group`: one scale per block of inputs of each output; 4-bit weights only. */
export type Granularity = 'per_channel' | 'per_tensor' | 'per_group';
export type RangeMethod = 'minmax' | 'percentile' | 'kl' | 'mse';
/** Static: calibrated ranges. Dynamic: ranges measured at run time. Weight-only: float compute, weights in 4-bit blocks. */
export type QuantMode = 'static' | 'dynamic' | 'weight_only';
/** How the weights of ops that compute in float are stored; `auto` picks per tensor by the error it makes. */
export type WeightStorage = 'auto' | 'int8' | 'float16' | 'float32';

export interface WeightConfig {
  readonly dtype: Exclude<WeightDtype, 'fp32'>;
  readonly scheme: Scheme;
  readonly granularity: Granularity;
  readonly algorithm: 'minmax';
  /** Inputs that share a scale, at most; present iff `per_group`. */
  readonly groupSize?: number;
  /** Absent: all 8 bits. 7: the reduced range, for x64 without VNNI, whose pairwise products saturate 16 bits. */
  readonly bit?: 7;
}

export interface ActivationConfig {
  readonly dtype: Exclude<ActivationDtype, 'fp32'>;
  readonly scheme: Scheme;
  readonly granularity: 'per_tensor';
  /** Range method for the activations this op reads and writes; ignored where the mode is dynamic. */
  readonly algorithm: RangeMethod;
}

/** An op that computes in int8, or whose weights are in 4 bits. Ops without a weight (Add …) ignore `weight`, weight-only ones `activation`. */
export interface Int8OpConfig {
  readonly mode: QuantMode;
  readonly weight: WeightConfig;
  readonly activation: ActivationConfig;
}

/** `'fp32'`: float compute (its weights are stored compactly all the same). */
export type OpConfig = 'fp32' | Int8OpConfig;

/** A recipe for one model. Ops that are not listed compute in float. */
export interface QuantizeConfig {
  readonly ops: { readonly [opName: string]: OpConfig };
  readonly weightStorage: WeightStorage;
  /** SmoothQuant's α in [0, 1]; absent: not applied. Needs static ops. */
  readonly smoothQuant?: number;
  /** Cross-layer equalization of the float model; absent: not applied. Needs static ops. */
  readonly equalization?: true;
  /** Weight scales of int8 ops by least squared error instead of extremes; absent: not applied. */
  readonly weightClip?: true;
  /** Mean errors of int8 ops' outputs folded into biases; absent: not applied. Needs static ops. */
  readonly biasCorrection?: true;
  /** Loud channels of activations beside the int8 products that read them, in float; absent: not applied. Needs static ops. */
  readonly outlierChannels?: true;
  /** 4-bit weights of MatMul and Gemm stay so in memory, for the MatMulNBits kernel; absent: they become float when a session is created. */
  readonly matmulNBits?: true;
  /** Float ops compute in float16 where their range allows it (WebGPU); absent: in float32. */
  readonly float16Compute?: true;
}

/** How int8 ops are written: between QuantizeLinear and DequantizeLinear, or as operators on integers (QLinearConv …). */
export type Int8Format = 'qdq' | 'qoperator';

/** Codes of 16 bits, between which runtimes compute in float. */
export function isWide(dtype: Exclude<ActivationDtype, 'fp32'>): boolean {
  return dtype === 'uint16' || dtype === 'int16';
}

/** Modes in which an op computes in integers. */
export type IntegerMode = Exclude<QuantMode, 'weight_only'>;

/** Recipes that are on or off. */
export type RecipeName = 'equalization' | 'weightClip' | 'biasCorrection' | 'outlierChannels' | 'matmulNBits';

/** Mean of each channel of the tensors that a weight multiplies, over the calibration samples. */
export type ChannelMeans = { readonly [tensor: string]: readonly number[] };

/** Channels that are far louder than the others of their tensor, ascending, and the largest magnitude of those others; by tensor name. */
export type OutlierChannels = {
  readonly [tensor: string]: { readonly channels: readonly number[]; readonly bound: number };
};

/** Observed range of one activation tensor for one range method. */
export interface ActivationRange {
  readonly min: number;
  readonly max: number;
}

/** Ranges by tensor name, for each range method that the configs in use ask for. */
export type ActivationRanges = { readonly [method in RangeMethod]?: { readonly [tensor: string]: ActivationRange } };
