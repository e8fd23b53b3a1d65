import { Fault } from '../../base/fault.ts';
import { stringAttribute, type NodeSpec } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import type { OpsetAdapter } from './adapter.ts';

interface ResizeMode {
  readonly mode: string;
  readonly nearestMode: string;
}

/** The Resize of operator set 13 that keeps the coordinates of Upsample and of Resize 10: output / scale, no half-pixel shift. */
export function resizeNode(node: NodeProto, scales: string, { mode, nearestMode }: ResizeMode): NodeSpec {
  const isNearest = mode === 'nearest';
  return {
    opType: 'Resize',
    name: node.name,
    input: [node.input[0] ?? '', '', scales],
    output: node.output,
    attributes: {
      mode: isNearest ? 'nearest' : 'linear',
      coordinate_transformation_mode: 'asymmetric',
      ...(isNearest && { nearest_mode: nearestMode }),
    },
  };
}

/** Operator set 11 added roi, sizes and coordinate modes; before, ONNX Runtime rounded down when growing and up when shrinking. */
export const RESIZE: OpsetAdapter = {
  opTypes: ['Resize'],
  version: 11,
  adapt(node, scope) {
    const [, scales = ''] = node.input;
    const mode = stringAttribute(node, 'mode', 'nearest');
    const values = scope.tensor(scales).values?.map((value) => value ?? 1);
    if (mode === 'nearest' && !values) {
      scope.warn('resize-scale-unknown', 'The scales of a Resize are not constant; it is taken to grow', node.name);
    }
    const shrinks = values?.some((scale) => scale < 1) ?? false;
    if (mode === 'nearest' && shrinks && values?.some((scale) => scale > 1)) throw mixedScales(node, values);
    return [resizeNode(node, scales, { mode, nearestMode: shrinks ? 'ceil' : 'floor' })];
  },
};

/** Growing axes would need another rounding than shrinking ones; operator set 13 has one for all. */
function mixedScales(node: NodeProto, scales: readonly number[]): Fault {
  return new Fault('model-opset-unsupported', {
    message: 'A Resize grows along one axis and shrinks along another, which cannot be raised from opset 10',
    place: `node ${node.name} (Resize)`,
    found: `scales ${scales.join(', ')}`,
    accepted: 'scales that are all at least 1, or all at most 1',
    next: 'Export the model again with opset 13 or later.',
  });
}
