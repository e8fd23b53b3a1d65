// @ts-check
/**
 * An example of a strategy of your own. Drop this file on the page, or give it to the command line:
 *
 *     octet tune model.onnx --evaluation eval.npz --output tuned --strategy bisect-strategy.mjs
 *
 * A module has no imports and exports one class. Its name ends in `TuneStrategy`; what stands before names the strategy.
 * In a checkout the types below are checked: `src/tuning/custom/api.ts` has all of them.
 *
 * @typedef {import('../../src/tuning/custom/api.ts').StrategyContext} StrategyContext
 * @typedef {import('../../src/tuning/custom/api.ts').TuneConfig} TuneConfig
 * @typedef {import('../../src/tuning/custom/api.ts').Trial} Trial
 * @typedef {import('../../src/tuning/custom/api.ts').OpConfig} OpConfig
 * @typedef {import('../../src/tuning/custom/api.ts').TuneStrategy} TuneStrategy
 */

/** Calibration samples on which each op is tried alone. Probes need no labels and cost no trial. */
const PROBE_SAMPLES = 32;

/**
 * Where `basic` lets ops fall back one at a time, this strategy ranks them by the error that each brings alone, and bisects over how
 * many of the least harmful ones may compute in int8: a model of a thousand ops takes ten trials.
 *
 * @implements {TuneStrategy}
 */
export default class BisectTuneStrategy {
  static help = 'Ranks the ops by their error alone, then bisects over how many of them may compute in int8.';
  // Without this the first config that meets the criterion would end the search.
  static endsByItself = true;

  /**
   * @param {StrategyContext} context
   * @returns {AsyncGenerator<{ config: TuneConfig, stage: string }[], void, Trial[]>}
   */
  async *propose({ helpers, probes }) {
    const free = helpers.ops.filter(({ float }) => float);
    const float = helpers.allFloat();

    /** @type {{ name: string, option: OpConfig, error: number }[]} */
    const ranked = [];
    for (const { name, int8 } of free) {
      const option = int8[0];
      if (option === undefined) continue;
      const error = await probes.output(helpers.withOps(float, { [name]: option }), PROBE_SAMPLES);
      ranked.push({ name, option, error });
    }
    ranked.sort((a, b) => a.error - b.error);

    // `met` ops are known to be few enough, `missed` to be too many.
    let met = 0;
    let missed = ranked.length + 1;
    while (missed - met > 1) {
      // The whole first: often nothing has to stay float.
      const count = missed > ranked.length ? ranked.length : Math.floor((met + missed) / 2);
      const chosen = ranked.slice(0, count).map(({ name, option }) => [name, option]);
      const config = helpers.withOps(float, Object.fromEntries(chosen));
      const [trial] = yield [{ config, stage: `the ${count} least harmful ops in int8` }];
      if (trial?.met) met = count;
      else missed = count;
    }
  }
}
