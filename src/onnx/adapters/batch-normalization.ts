import { Fault } from '../../base/fault.ts';
import { intAttribute } from '../attributes.ts';
import { revised, type OpsetAdapter } from './adapter.ts';

/** Operator set 9 has statistics per channel only. */
export const BATCH_NORMALIZATION: OpsetAdapter = {
  opTypes: ['BatchNormalization'],
  version: 9,
  adapt(node) {
    if (intAttribute(node, 'spatial', 1) === 1) return [revised(node, { without: ['spatial'] })];
    throw new Fault('model-opset-unsupported', {
      message: 'A BatchNormalization has statistics per element, which later operator sets do not know',
      place: `node ${node.name} (BatchNormalization)`,
      found: 'spatial = 0',
      accepted: 'spatial = 1',
      next: 'Export the model with opset 13 or later.',
    });
  },
};
