import { Fault } from '../../base/fault.ts';
import { targetScore } from '../criterion.ts';
import type { Proposal, StrategyContext as EngineContext, Trial, TuneStrategy } from '../types.ts';
import type { StrategyContext } from './api.ts';
import { checkProposals } from './check-proposal.ts';
import { strategyHelpers } from './helpers.ts';

const SUFFIX = 'TuneStrategy';

/** What may come of a call into code that Octet does not know. */
interface Steps {
  next(trials?: readonly Trial[]): Promise<{ readonly done?: boolean; readonly value?: unknown }>;
  return?(): Promise<unknown>;
}

/** A default export as it may be; nothing of it is known. */
interface Exported {
  readonly name: string;
  readonly prototype?: { readonly propose?: unknown };
  readonly help?: unknown;
  readonly endsByItself?: unknown;
}

/**
 * The strategy that a module exports, guarded: it is given copies and no network, what it yields is checked, and what it throws
 * becomes a fault that names its file. Throws `strategy-class-missing`.
 */
export function customStrategy(module: unknown, fileName: string): TuneStrategy {
  const exported = functionOf(module);
  if (exported === null || !isClass(exported)) {
    throw new Fault('strategy-class-missing', {
      message: 'The module exports no strategy.',
      file: fileName,
      found: exportsOf(module),
      accepted: `export default class My${SUFFIX} { async *propose(context) { … } }`,
      next: 'Start from examples/bisect-strategy.mjs, which comes with Octet.',
    });
  }
  const { name: className, help, endsByItself } = exported;
  const name = className.slice(0, -SUFFIX.length).toLowerCase();
  return {
    name,
    help: typeof help === 'string' ? help : `The strategy of ${fileName}.`,
    options: {},
    endsByItself: endsByItself === true,
    propose: (context) => guarded(exported as unknown as new () => object, name, fileName, context),
  };
}

async function* guarded(
  Strategy: new () => object,
  name: string,
  fileName: string,
  context: EngineContext,
): AsyncGenerator<Proposal[], void, Trial[]> {
  const attempt = async <T>(act: () => T | Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : failed(thrown, fileName);
    }
  };
  const strategy = (await attempt(() => new Strategy())) as { propose(context: StrategyContext): unknown };
  const steps = (await attempt(() => strategy.propose(publicContext(context)))) as Partial<Steps> | undefined;
  if (typeof steps?.next !== 'function') {
    throw new Fault('strategy-failed', {
      message: 'propose(context) gives no generator.',
      file: fileName,
      found: steps === undefined ? 'nothing' : typeof steps,
      accepted: 'async *propose(context) { … yield [config]; … }',
      next: 'Mind the star in front of propose.',
    });
  }
  const running = steps as Steps;
  try {
    let result = await attempt(() => running.next());
    for (let step = 1; result.done !== true; step++) {
      const trials = yield checkProposals(result.value, context.space, { fileName, step, stage: name });
      result = await attempt(() => running.next(structuredClone(trials)));
    }
  } finally {
    await attempt(() => running.return?.());
  }
}

function publicContext({ service: _service, options: _options, ...context }: EngineContext): StrategyContext {
  return {
    ...context,
    space: structuredClone(context.space),
    baseline: { ...context.baseline },
    criterion: { ...context.criterion },
    trial0: structuredClone(context.trial0),
    trials: () => structuredClone(context.trials()),
    // Keys of its own: notes of Octet's strategies are not its business.
    recall: (key, make) => context.recall(`custom ${key}`, make),
    target: targetScore(context.baseline.score, context.criterion),
    helpers: strategyHelpers(structuredClone(context.space)),
  };
}

function functionOf(module: unknown): Exported | null {
  const exported = (module as { readonly default?: unknown }).default;
  return typeof exported === 'function' ? (exported as Exported) : null;
}

function isClass({ name, prototype }: Exported): boolean {
  return name.endsWith(SUFFIX) && name.length > SUFFIX.length && typeof prototype?.propose === 'function';
}

function exportsOf(module: unknown): string {
  const exported = functionOf(module);
  if (exported !== null) {
    const lacks = exported.prototype?.propose === undefined ? ' without a method propose' : '';
    return `a default export named ${exported.name || '(nothing)'}${lacks}`;
  }
  const names = Object.keys(module as object);
  return names.length === 0 ? 'no exports' : `exports named ${names.join(', ')}`;
}

function failed(thrown: unknown, fileName: string): Fault {
  const place = thrown instanceof Error ? lineOf(thrown) : undefined;
  return new Fault(
    'strategy-failed',
    {
      message: 'The strategy threw an error.',
      file: fileName,
      ...(place === undefined ? {} : { place }),
      found: String(thrown).slice(0, 300),
      next: 'Mend the module and start a new session; finished trials are kept in this one.',
    },
    { cause: thrown },
  );
}

/** The module runs from a blob or data address, whose stack lines end in line and column. */
export function lineOf({ stack = '' }: Error): string | undefined {
  const found = /(?:blob|data):\S*?:(\d+):(\d+)\)?$/m.exec(stack) ?? /^(?:blob|data):\S*:(\d+)$/m.exec(stack);
  return found ? `line ${found[1]}` : undefined;
}
