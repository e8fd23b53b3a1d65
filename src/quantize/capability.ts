import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import type { ModelCapability, OpCapability } from './capability-types.ts';
import type { Granularity, Int8OpConfig, QuantMode, RangeMethod } from './config.ts';
import type { PreparedModel } from './prepared-model.ts';
import { takesInt4 } from './rewrite/int4-weight.ts';
import { rangeMethods } from './range-methods/registry.ts';
import { workingRecipes } from './recipes/registry.ts';
import { smoothableTensors } from './recipes/smooth-quant.ts';
import { rolesOf } from './rules/registry.ts';

/** What every node of the model can be on WASM, in topological order. */
export function modelCapability(model: PreparedModel): ModelCapability {
  return {
    ops: model.graph.nodes.map((node) => opCapability(node, model)),
    smoothable: smoothableTensors(model).length > 0,
    recipes: workingRecipes(model),
  };
}

function opCapability(node: NodeProto, model: PreparedModel): OpCapability {
  const roles = rolesOf(node, model);
  const shared = {
    name: node.name ?? '',
    opType: node.opType ?? '',
    weightBytes: weightBytes(node, model),
    ...(node.input.some((name) => takesInt4(model.graph, name)) ? { weightOnly: WEIGHT_ONLY } : {}),
  };
  if (typeof roles === 'string') return { ...shared, int8: [], pays: false, glue: false, reason: roles };
  return {
    ...shared,
    ...formsOf(roles.modes, roles.weight !== undefined && roles.weight.axis !== null),
    pays: roles.slower === undefined,
    glue: roles.glue,
    ...(roles.slower === undefined ? {} : { reason: roles.slower }),
  };
}

interface Forms {
  readonly int8: readonly Int8OpConfig[];
  readonly pinnable: readonly Int8OpConfig[];
}

/** Ops of large models share a few lists. */
const forms = new Map<string, Forms>();

function formsOf(modes: readonly QuantMode[], hasChannels: boolean): Forms {
  const key = `${modes.join()} ${hasChannels}`;
  const known = forms.get(key) ?? makeForms(modes, hasChannels);
  forms.set(key, known);
  return known;
}

function makeForms(modes: readonly QuantMode[], hasChannels: boolean): Forms {
  const int8 = modes.flatMap((mode) => preferred(mode, hasChannels));
  return { int8, pinnable: int8.flatMap(variants) };
}

/** Per channel before per tensor, range methods fastest; dynamic ranges need no method. */
function preferred(mode: QuantMode, hasChannels: boolean): Int8OpConfig[] {
  const granularities: Granularity[] = hasChannels ? ['per_channel', 'per_tensor'] : ['per_tensor'];
  const methods: readonly RangeMethod[] = mode === 'static' ? rangeMethods.map(({ name }) => name) : ['minmax'];
  return granularities.flatMap((granularity) =>
    methods.map((algorithm) => ({
      mode,
      weight: { dtype: 'int8', scheme: 'sym', granularity, algorithm: 'minmax' },
      activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm },
    })),
  );
}

/** Group sizes of Neural Compressor's ladder for 4-bit weights, the more accurate one first. */
const WEIGHT_ONLY: readonly Int8OpConfig[] = [32, 128].map((groupSize) => ({
  mode: 'weight_only',
  weight: { dtype: 'int4', scheme: 'sym', granularity: 'per_group', algorithm: 'minmax', groupSize },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
}));

/** Other types (16-bit activations among them), schemes and 7 bits; weights per channel are symmetric in all of them, dynamic activations uint8 and asymmetric. */
function variants(form: Int8OpConfig): Int8OpConfig[] {
  const { mode, weight, activation } = form;
  const weights = (['int8', 'uint8'] as const).flatMap((dtype) =>
    (weight.granularity === 'per_channel' ? (['sym'] as const) : (['sym', 'asym'] as const)).flatMap((scheme) => [
      { ...weight, dtype, scheme },
      { ...weight, dtype, scheme, bit: 7 as const },
    ]),
  );
  const activations =
    mode === 'dynamic'
      ? [activation]
      : (['uint8', 'int8', 'uint16', 'int16'] as const).flatMap((dtype) =>
          (['asym', 'sym'] as const).map((scheme) => ({ ...activation, dtype, scheme })),
        );
  const all = weights.flatMap((w) => activations.map((a) => ({ mode, weight: w, activation: a })));
  return all.slice(1); // the first is the form itself
}

function weightBytes(node: NodeProto, model: PreparedModel): number {
  return node.input.reduce((sum, name) => sum + (model.graph.initializer(name)?.rawData?.length ?? 0), 0);
}
