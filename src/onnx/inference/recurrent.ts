import { attribute, intAttribute, stringAttribute } from '../attributes.ts';
import { forEach, type InferenceRule, type RuleFamily } from './rule.ts';

/** Y, Y_h and (LSTM) Y_c; `layout` 1 puts the batch first. */
const recurrent: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const hidden = attribute(node, 'hidden_size') ? intAttribute(node, 'hidden_size', 0) : (input(2).dims?.[2] ?? null);
  const directions = stringAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const batchFirst = intAttribute(node, 'layout', 0) === 1;
  const [first = null, second = null] = dims ?? [];
  const [sequence, batch] = batchFirst ? [second, first] : [first, second];
  const state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const all = batchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden];
  return [
    { type, dims: all },
    { type, dims: state },
    { type, dims: state },
  ];
};

export const RECURRENT: RuleFamily = forEach(['LSTM', 'GRU', 'RNN'], recurrent);
