import type { Pass } from './pass.ts';

/** Since this version of the format initializers need not be inputs, and those that are can be overridden by the caller. */
const IR_VERSION = 4n;

/** Takes initializers off the list of inputs: they are constants, not defaults. */
export const UNLIST_INITIALIZERS: Pass = {
  name: 'unlist-initializers',
  run(graph) {
    const { model } = graph;
    if (model.graph) model.graph.input = model.graph.input.filter(({ name }) => !graph.initializer(name));
    if (model.irVersion < IR_VERSION) model.irVersion = IR_VERSION;
  },
};
