import { elementCount } from '../../base/tensor.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { absorbedActivation, isReadByInt8, selectOps, writtenTensors, type SelectedOp } from '../rewrite/select.ts';
import type { CostTable, NodeCost } from './cost-table.ts';

/** Foretells the latency of configs from a cost table: each op in float or int8, and every Q and DQ that no kernel takes in. */
export class CostModel {
  readonly #model: PreparedModel;
  readonly #table: CostTable;

  constructor(model: PreparedModel, table: CostTable) {
    this.#model = model;
    this.#table = table;
  }

  /** Latency of the config's model divided by the float model's; 1 where everything computes in float. */
  ratio(config: QuantizeConfig): number {
    const selected = selectOps(this.#model, config);
    let ms = this.#table.floatMs;
    for (const op of selected.values()) ms += this.#saved(op);
    ms += this.#borders(selected);
    return ms / this.#table.floatMs;
  }

  /** Negative where int8 is faster. An activation that the op absorbs no longer runs. */
  #saved(op: SelectedOp): number {
    const { mode } = op.config;
    const cost = this.#table.ops[op.node.name ?? ''];
    const int8 = mode === 'weight_only' ? undefined : cost?.[mode];
    if (!cost || int8 === undefined) return 0;
    const absorbed = absorbedActivation(this.#model, op);
    return int8 - cost.float - (absorbed ? (this.#table.ops[absorbed.name ?? '']?.float ?? 0) : 0);
  }

  #borders(selected: ReadonlyMap<NodeProto, SelectedOp>): number {
    const { graph } = this.#model;
    const producers = new Map<string, SelectedOp>();
    const quantized = new Set<string>();
    for (const op of selected.values()) {
      if (op.config.mode !== 'static') continue;
      for (const index of op.roles.activations) quantized.add(op.node.input[index] as string);
      for (const tensor of writtenTensors(this.#model, op)) {
        producers.set(tensor, op);
        if (!op.roles.floatOutput || isReadByInt8(this.#model, tensor, selected)) quantized.add(tensor);
      }
    }
    let ms = 0;
    for (const tensor of quantized) {
      if (!producers.has(tensor)) ms += this.#nodeMs(this.#table.quantize, tensor);
      else if (graph.isOutput(tensor) || graph.consumers(tensor).some((node) => !isStatic(selected.get(node)))) {
        ms += this.#nodeMs(this.#table.dequantize, tensor);
      }
    }
    return ms;
  }

  #nodeMs({ perRunMs, perElementMs }: NodeCost, tensor: string): number {
    const dims = this.#model.infos.get(tensor)?.dims ?? [];
    return perRunMs + perElementMs * elementCount(dims.map((dim) => dim ?? 1));
  }
}

function isStatic(op: SelectedOp | undefined): boolean {
  return op?.config.mode === 'static';
}
