import type { Point } from '../strategies/choice-space.ts';
import type { StrategyContext, Trial } from '../types.ts';
import type { ExperimentRequest, MetricValue, ObservationRequest, SigOptClient, Suggestion } from './client.ts';
import { assignmentsOf, type TunedDecision } from './parameters.ts';

/** One config that is due, and how it came to be. */
export interface Asked {
  /** Steps count from 1; one observation each. */
  readonly step: number;
  readonly point: Point;
  readonly decisions: readonly TunedDecision[];
  /** Null: chosen here. */
  readonly suggestion: Suggestion | null;
}

/** Half the width of a 95 % interval over its standard deviation. */
const HALF_WIDTH = 1.96;

/** The experiment of this session on the server. Everything that came from there is in the journal; this asks for the rest. */
export class RemoteExperiment {
  readonly #client: SigOptClient;
  readonly #id: string;
  readonly #context: StrategyContext;
  /** True until the first call that the journal does not answer, in a session that was begun by another run. */
  #isResumed: boolean;
  /** Of this run: those of an earlier one are dropped on the server. */
  readonly #open = new Set<string>();

  private constructor(client: SigOptClient, id: string, context: StrategyContext, isResumed: boolean) {
    this.#client = client;
    this.#id = id;
    this.#context = context;
    this.#isResumed = isResumed;
  }

  /** Creates the experiment, and its project where that is missing; a resumed session goes on in its own. */
  static async open(
    client: SigOptClient,
    request: ExperimentRequest,
    project: string | null,
    context: StrategyContext,
  ): Promise<RemoteExperiment> {
    let isResumed = true;
    const { id } = await context.recall('sigopt experiment', async () => {
      isResumed = false;
      const owner = await client.client();
      if (owner !== null && project !== null) await client.createProject(owner, project);
      const created = await client.createExperiment(owner, { ...request, ...(project === null ? {} : { project }) });
      return { id: created };
    });
    return new RemoteExperiment(client, id, context, isResumed);
  }

  /** The server's suggestion for a step; `again` counts those of the same step that repeated a config. */
  suggestion(step: number, again: number): Promise<Suggestion> {
    return this.#context.recall(`sigopt suggestion ${step}.${again}`, async () => {
      await this.#afterResume();
      // One is open at a time: that of a repeated config is of no use.
      if (again > 0) await this.#client.dropOpenSuggestions(this.#id);
      const { id, assignments } = await this.#client.createSuggestion(this.#id);
      this.#open.add(id);
      return { id, assignments };
    });
  }

  async report(step: number, asked: Asked, trial: Trial): Promise<void> {
    await this.#context.recall(`sigopt observation ${step}`, async () => {
      const there = (await this.#afterResume()) ? await this.#client.findObservation(this.#id, step) : null;
      return there ?? this.#client.createObservation(this.#id, this.#observation(asked, trial));
    });
  }

  /** Drops what an earlier run left open. True where that run may have been killed between a report and its note. */
  async #afterResume(): Promise<boolean> {
    if (!this.#isResumed) return false;
    await this.#client.dropOpenSuggestions(this.#id);
    this.#isResumed = false;
    return true;
  }

  #observation({ step, point, decisions, suggestion }: Asked, trial: Trial): ObservationRequest {
    const source =
      suggestion !== null && this.#open.has(suggestion.id)
        ? { suggestion: suggestion.id }
        : { assignments: assignmentsOf(point, decisions) };
    const values = this.#values(trial);
    if (values === null)
      return { ...source, failed: true, metadata: { trial: step, why: (trial.reason ?? '').slice(0, 200) } };
    return { ...source, values, metadata: { trial: step } };
  }

  /** Null for a trial that failed. */
  #values({ status, score, difference, latencyRatio }: Trial): readonly MetricValue[] | null {
    if (status === 'failed' || score === null) return null;
    const deviation = (difference?.halfWidth ?? 0) / HALF_WIDTH;
    // Every declared metric must have a value, and only trials that meet the criterion are timed: one that misses it counts as
    // no faster than float, which the constraint rules out anyway. A ratio is timed in turns with float: it drifts less.
    const latency = (latencyRatio ?? 1) * this.#context.baseline.latencyMs;
    return [
      { name: 'accuracy', value: score, ...(deviation > 0 ? { value_stddev: deviation } : {}) },
      { name: 'latency', value: latency },
    ];
  }
}
