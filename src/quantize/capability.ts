import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import type { ModelCapability, OpCapability } from './capability-types.ts';
import type { Granularity, Int8OpConfig, QuantMode, RangeMethod } from './config.ts';
import type { PreparedModel } from './prepared-model.ts';
import { takesInt4 } from './rewrite/int4-weight.ts';
import { rangeMethods } from './range-methods/registry.ts';
import { workingRecipes } from './recipes/registry.ts';
import { smoothableTensors } from './recipes/smooth-quant.ts';
import type { OpRoles } from './rules/op-rule.ts';
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
    int8: roles.modes.flatMap((mode) => options(mode, roles)),
    pays: roles.slower === undefined,
    glue: roles.glue,
    ...(roles.slower === undefined ? {} : { reason: roles.slower }),
  };
}

/** Per channel before per tensor, range methods fastest; dynamic ranges need no method. */
function options(mode: QuantMode, roles: OpRoles): Int8OpConfig[] {
  const granularities: Granularity[] =
    roles.weight && roles.weight.axis !== null ? ['per_channel', 'per_tensor'] : ['per_tensor'];
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

function weightBytes(node: NodeProto, model: PreparedModel): number {
  return node.input.reduce((sum, name) => sum + (model.graph.initializer(name)?.rawData?.length ?? 0), 0);
}
