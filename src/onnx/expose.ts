import { create } from '@bufbuild/protobuf';
import { Fault } from '../base/fault.ts';
import { Graph } from './graph.ts';
import { inferTensors } from './infer.ts';
import { ValueInfoProtoSchema, type ModelProto } from './proto/onnx_pb.ts';
import { valueInfo } from './value-info.ts';

/**
 * A copy of the model whose outputs are, besides its own, the named tensors of the main graph: for calibration.
 * Weights are shared with `graph`, not copied. A tensor whose type cannot be told is declared without one, which the runtime
 * fills in. Throws `internal` for a name that the graph does not have.
 */
export function exposeTensors(graph: Graph, names: readonly string[]): ModelProto {
  const copy = graph.clone();
  const output = copy.model.graph?.output ?? [];
  const present = new Set(graph.outputs);
  const inferred = inferTensors(copy);
  for (const name of new Set(names)) {
    if (present.has(name)) continue;
    const tensor = inferred.get(name);
    if (!tensor) throw new Fault('internal', { message: `No tensor ${name} to expose`, place: `tensor ${name}` });
    output.push(tensor.type ? valueInfo(name, tensor.type) : create(ValueInfoProtoSchema, { name }));
  }
  return copy.commit();
}

/** A copy of the part of the model that computes the named tensors, which are its outputs. Throws as `exposeTensors`. */
export function exposePart(graph: Graph, names: readonly string[]): ModelProto {
  const model = exposeTensors(graph, names);
  if (model.graph) model.graph.output = model.graph.output.filter(({ name }) => names.includes(name));
  const part = new Graph(model);
  part.prune();
  return part.commit();
}
