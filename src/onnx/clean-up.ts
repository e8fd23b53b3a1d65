import type { Warning } from '../base/fault-codes.ts';
import { bodies } from './bodies.ts';
import { Graph } from './graph.ts';
import { isStandardDomain } from './operator.ts';
import { PASSES } from './passes/registry.ts';
import type { ModelProto } from './proto/onnx_pb.ts';

const KNOWN_DOMAINS = ['com.microsoft', 'ai.onnx.ml'];

export interface CleanModel {
  readonly graph: Graph;
  readonly warnings: readonly Warning[];
}

/**
 * Brings a model into the form that quantization works on, computing the same: operator set 13 or later, float32, all
 * weights initializers, every node named, constants folded, BatchNormalization folded into what precedes it.
 * Works on `model` itself (give it a fresh decode); weights that stay as they are stay views of its memory.
 * Bodies of If, Loop and Scan are raised to the operator set and to float32, and otherwise left alone, as a warning says.
 * Throws `model-opset-unsupported` naming an operator that cannot be raised, `model-invalid` for a cycle or a broken tensor.
 */
export function cleanUp(model: ModelProto): CleanModel {
  const graph = new Graph(model);
  const warnings: Warning[] = [];
  for (const pass of PASSES) pass.run(graph, (warning) => warnings.push(warning));
  graph.prune();
  graph.commit();
  return { graph, warnings: [...warnings, ...leftAlone(graph)] };
}

/** What no pass looks into. */
function leftAlone(graph: Graph): Warning[] {
  const functions = new Set(graph.model.functions.map(({ domain, name }) => `${domain}.${name}`));
  return graph.nodes.flatMap((node) => {
    const place = `node ${node.name} (${node.opType})`;
    if (bodies(node).length > 0) {
      const message = `What ${node.opType} runs inside computes in float; its weights are stored compactly`;
      return [{ code: 'body-left-alone', message, place }];
    }
    if (functions.has(`${node.domain}.${node.opType}`)) {
      return [{ code: 'function-left-alone', message: `The local function ${node.opType} stays float`, place }];
    }
    if (!isStandardDomain(node.domain) && !KNOWN_DOMAINS.includes(node.domain)) {
      return [
        { code: 'operator-unknown', message: `${node.opType} of ${node.domain} is not known and stays float`, place },
      ];
    }
    if (/^(Sequence|SplitToSequence|ConcatFromSequence|Optional)/.test(node.opType)) {
      return [{ code: 'sequence-left-alone', message: `${node.opType} works on sequences and stays float`, place }];
    }
    return [];
  });
}
