import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSigOpt, TOKEN } from '../../../tests/sigopt/fake-server.ts';
import type { Json } from '../../base/canonical-json.ts';
import { Fault } from '../../base/fault.ts';
import { systemHttp } from '../../base/http.ts';
import type { DriveResult } from '../driver.ts';
import { letters, reference, rig, type Rig, type Simulated } from '../testing/simulation.ts';
import type { ServiceAccess, Trial, TuningSpace } from '../types.ts';

let fake: FakeSigOpt;
beforeEach(async () => void (fake = await FakeSigOpt.listen()));
afterEach(() => fake.close());

const NEVER_MET = 'absolute: -1';

interface Session {
  readonly notes: Map<string, Json>;
  kept: readonly Trial[];
  waited: number[];
}

const newSession = (): Session => ({ notes: new Map(), kept: [], waited: [] });

interface More {
  readonly criterion?: string;
  readonly trials?: number;
  readonly options?: string;
  readonly simulated?: Simulated;
  readonly space?: TuningSpace;
  readonly service?: Partial<ServiceAccess> | null;
  /** Ends the run as a kill would before this many notes or trials more are kept. */
  readonly killAfter?: number;
}

function prepared(session: Session, more: More): { made: Rig; run: () => Promise<DriveResult> } {
  const { criterion = NEVER_MET, trials = 6, options = '', simulated = {}, space = reference } = more;
  const yaml = `tuning: {strategy: {name: sigopt, sigopt_base_url: '${fake.url}'${options}}, accuracy_criterion: {${criterion}}, exit_policy: {max_trials: ${trials}}}`;
  const made = rig(yaml, simulated, session.kept, space);
  let left = more.killAfter ?? Infinity;
  const keep = (): void => {
    if (left-- <= 0) throw new Error('killed');
  };
  const append = made.journal.append.bind(made.journal);
  made.journal.append = async (trial) => {
    keep();
    await append(trial);
  };
  const service: ServiceAccess = {
    http: systemHttp,
    token: TOKEN,
    pageUrl: null,
    signal: new AbortController().signal,
    wait: (ms) => Promise.resolve(void session.waited.push(ms)),
    ...more.service,
  };
  const run = async (): Promise<DriveResult> => {
    try {
      return await made.run({
        service: more.service === null ? null : service,
        async recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T> {
          const known = session.notes.get(key);
          if (known !== undefined) return known as T;
          const value = await make();
          keep();
          session.notes.set(key, value);
          return value;
        },
      });
    } finally {
      session.kept = made.journal.kept;
    }
  };
  return { made, run };
}

const run = (more: More = {}, session = newSession()): Promise<DriveResult> => prepared(session, more).run();

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Fault);
  expect(JSON.stringify((thrown as Fault).toRecord())).not.toContain(TOKEN);
  return thrown as Fault;
}

describe('a tuning by a SigOpt server', () => {
  it('creates project and experiment, and reports every trial once', async () => {
    const { trials, stopReason } = await run({ options: ', sigopt_project_id: nets, sigopt_experiment_name: lenet' });
    expect(stopReason).toBe('max-trials');
    expect([...fake.projects]).toEqual(['nets']);
    expect(fake.experiments).toHaveLength(1);
    expect(fake.experiment.request).toMatchObject({
      name: 'lenet',
      project: 'nets',
      observation_budget: 6,
      parallel_bandwidth: 1,
      parameters: [
        { name: 'op0', type: 'int', bounds: { min: 0, max: 2 } },
        { name: 'op1', type: 'int', bounds: { min: 0, max: 2 } },
        { name: 'op2', type: 'int', bounds: { min: 0, max: 1 } },
        { name: 'op3', type: 'int', bounds: { min: 0, max: 2 } },
      ],
      metrics: [
        { name: 'accuracy', objective: 'maximize', strategy: 'constraint', threshold: 1.8 },
        { name: 'latency', objective: 'minimize', strategy: 'optimize' },
      ],
      metadata: { tool: 'octet', op0: 'conv1', op3: 'fc' },
    });
    expect(fake.experiment.observations).toHaveLength(trials.length - 1);
    expect(fake.experiment.suggestions.filter(({ state }) => state === 'open')).toHaveLength(0);
  });

  it('orders choices from float to per tensor', async () => {
    fake.scripted.push({ op0: 0, op1: 1, op2: 1, op3: 2 }, { op0: 2, op1: 0, op2: 0, op3: 1 });
    const { trials } = await run({ trials: 2 });
    expect(trials.map(({ config }) => letters(config))).toEqual(['ffff', 'fctt', 'tffc']);
  });

  it('sends accuracy and one latency: that of float where the criterion is missed', async () => {
    fake.scripted.push({ op0: 1, op1: 0, op2: 0, op3: 0 }, { op0: 1, op1: 1, op2: 1, op3: 1 });
    await run({ trials: 2, criterion: 'absolute: 0.002', simulated: { ratio: () => 1.5 } });
    const values = fake.experiment.observations.map((each) => each['values']);
    expect(values).toEqual([
      [
        { name: 'accuracy', value: 0.799 },
        { name: 'latency', value: 15 },
      ],
      [
        { name: 'accuracy', value: 0.754 },
        { name: 'latency', value: 10 },
      ],
    ]);
  });

  it('reports failed trials without values, and the one that ends the run', async () => {
    fake.scripted.push({ op0: 1, op1: 1, op2: 1, op3: 1 }, { op0: 1, op1: 0, op2: 0, op3: 0 });
    const fail = (config: { ops: object }): 'out-of-memory' | undefined =>
      Object.values(config.ops).includes('fp32') ? undefined : 'out-of-memory';
    const { stopReason } = await run({ criterion: 'absolute: 0.002', simulated: { fail } });
    expect(stopReason).toBe('criterion-met');
    expect(fake.experiment.observations).toMatchObject([
      { failed: true, metadata: { trial: 1, why: expect.stringContaining('out-of-memory') } },
      { metadata: { trial: 2 }, values: [{ value: 0.799 }, { value: 8 }] },
    ]);
  });

  it('minimises where lower is better', async () => {
    const score = (): number => 1;
    await run({ trials: 1, criterion: 'absolute: 0.1, higher_is_better: false', simulated: { score } });
    const [metric] = fake.experiment.request['metrics'] as { objective: string; threshold: number }[];
    expect(metric).toMatchObject({ objective: 'minimize' });
    expect(metric!.threshold).toBeCloseTo(0.9);
  });

  it('reports no config twice: after three repeats one is chosen here', async () => {
    const same = { op0: 1, op1: 1, op2: 1, op3: 1 };
    fake.scripted.push(...Array<typeof same>(7).fill(same));
    const { trials } = await run({ trials: 3 });
    expect(trials).toHaveLength(4);
    const assignments = fake.experiment.observations.map((each) => JSON.stringify(each['assignments']));
    expect(assignments).toHaveLength(3);
    expect(new Set(assignments).size).toBe(3);
    expect(fake.experiment.observations[1]).not.toHaveProperty('suggestion');
  });

  it('reports the float model without running it, and ends where all is reported', async () => {
    const space = { ...reference, ops: reference.ops.slice(2, 3) };
    fake.scripted.push({ op0: 0 });
    const { trials, stopReason } = await run({ space, trials: 9 });
    expect(stopReason).toBe('space-exhausted');
    expect(trials).toHaveLength(2);
    expect(fake.experiment.observations).toHaveLength(2);
  });

  it('asks for no more than 25 ops, those with the largest error', async () => {
    const ops = Array.from({ length: 40 }, (_, i) => ({ ...reference.ops[0]!, name: `conv${i}` }));
    const opError = (name: string): number => Number(name.slice(4));
    const { trials } = await run({ space: { ...reference, ops }, trials: 2, simulated: { opError } });
    const parameters = fake.experiment.request['parameters'] as { name: string }[];
    expect(parameters.map(({ name }) => name)).toEqual(Array.from({ length: 25 }, (_, i) => `op${i + 15}`));
    expect(letters(trials[1]!.config, { ...reference, ops }).slice(0, 15)).toBe('c'.repeat(15));
  });
});

describe('a resumed tuning', () => {
  it('goes on in the same experiment with the same sequence, wherever it was killed', async () => {
    const undisturbed = await run();
    const expected = undisturbed.trials.map(({ config }) => letters(config));
    for (let killAfter = 0; killAfter < 21; killAfter++) {
      await fake.close();
      fake = await FakeSigOpt.listen();
      const session = newSession();
      // The address is part of the settings only; the journal of the fixture keeps none.
      await run({ killAfter }, session).catch((error: Error) => expect(error.message).toBe('killed'));
      const before = session.kept.map(({ config }) => letters(config));
      const { trials } = await run({}, session);
      const after = trials.map(({ config }) => letters(config));
      expect(after).toHaveLength(expected.length);
      expect(after.slice(0, before.length)).toEqual(before);
      const experiment = fake.experiments.at(-1)!;
      expect(fake.experiments.length).toBeLessThanOrEqual(2);
      const reported = experiment.observations.map((each) => (each['metadata'] as { trial: number }).trial);
      expect(reported).toEqual([1, 2, 3, 4, 5, 6]);
      expect(experiment.suggestions.filter(({ state }) => state === 'open')).toHaveLength(0);
    }
  });

  it('asks nothing of the server where the journal knows all', async () => {
    const session = newSession();
    const first = await run({}, session);
    const asked = fake.log.length;
    expect((await run({}, session)).trials).toEqual(first.trials);
    expect(fake.log).toHaveLength(asked);
    expect(JSON.stringify([...session.notes])).not.toContain(TOKEN);
  });

  it('needs the token again, and stays what it was', async () => {
    const remote = newSession();
    await run({ trials: 2 }, remote);
    expect((await faultOf(run({ trials: 2, service: { token: null } }, remote))).code).toBe('service-unauthorized');
    const local = newSession();
    const { made, run: search } = prepared(local, { trials: 2, service: { token: null } });
    const first = await search();
    expect(made.warnings).toMatchObject([
      { code: 'strategy-local', message: expect.stringContaining('SIGOPT_API_TOKEN') },
    ]);
    expect((await run({ trials: 2 }, local)).trials).toEqual(first.trials);
    expect(fake.experiments).toHaveLength(1);
  });
});

describe('a server in trouble', () => {
  const once = (match: RegExp, ...answers: readonly ReturnType<FakeSigOpt['disturb']>[]): void => {
    const left = [...answers];
    fake.disturb = ({ method, path }) => (match.test(`${method} ${path}`) ? (left.shift() ?? null) : null);
  };

  it('is given time where it is asked too often, with jitter from the seed', async () => {
    const session = newSession();
    once(/POST .*suggestions/, { status: 429 }, { status: 429 });
    await run({ trials: 2 }, session);
    expect(session.waited).toHaveLength(2);
    expect(session.waited[0]).toBeLessThanOrEqual(2000);
    const again = newSession();
    once(/POST .*suggestions/, { status: 429 }, { status: 429 });
    await run({ trials: 2 }, again);
    expect(again.waited).toEqual(session.waited);
  });

  it.each([
    ['cut', 2],
    [{ status: 503 }, 3],
    [{ status: 500 }, 0],
  ] as const)('is asked once more by GET: %o', async (answer, waits) => {
    const session = newSession();
    once(/GET .*sessions/, ...Array<typeof answer>(Math.max(1, waits)).fill(answer));
    const ended = run({ trials: 1 }, session);
    if (waits === 0) expect((await faultOf(ended)).code).toBe('service-failed');
    else await ended;
    expect(session.waited).toHaveLength(waits);
  });

  it.each(['cut', 'cut after', { status: 502 }] as const)('counts a report once: %o', async (answer) => {
    once(/POST .*observations/, answer);
    await run({ trials: 3 });
    expect(fake.experiment.observations.map((each) => (each['metadata'] as { trial: number }).trial)).toEqual([
      1, 2, 3,
    ]);
  });

  it.each([
    ['token', /sessions/, { status: 403, text: `{"message":"token ${TOKEN} is revoked"}` }, 'service-unauthorized'],
    ['limit', /suggestions/, { status: 429 }, 'service-rate-limited'],
    ['refusal', /experiments$/, { status: 400, text: '{"message":"no"}' }, 'service-refused'],
    ['address', /sessions/, { status: 200, text: '<html>hello</html>' }, 'service-answer-invalid'],
    [
      'suggestion',
      /suggestions/,
      { status: 200, text: '{"id":"9","assignments":{"op0":99}}' },
      'service-answer-invalid',
    ],
    ['no answer', /suggestions/, 'cut', 'service-unreachable'],
  ] as const)('leads to a fault that names the cure: %s', async (_, match, answer, code) => {
    once(match, ...Array<typeof answer>(9).fill(answer));
    const fault = await faultOf(run({ trials: 2 }));
    expect(fault.code).toBe(code);
    expect(fault.details.next).toBeTruthy();
  });

  it('explains on a page why browsers keep the answer, with three cures', async () => {
    const service = {
      pageUrl: 'https://tuner.example/app/',
      http: () => Promise.reject(new TypeError('Failed to fetch')),
    };
    const fault = await faultOf(run({ service }));
    expect(fault.code).toBe('service-unreachable');
    for (const cure of ['CORS', 'OCTET_SIGOPT_URL', 'Access-Control-Allow-Origin https://tuner.example', 'octet proxy'])
      expect(fault.details.accepted).toContain(cure);
  });

  it.each([
    [', sigopt_project_id: My Project', 'tuning.strategy.sigopt_project_id'],
    [`, sigopt_experiment_name: ${'x'.repeat(101)}`, 'tuning.strategy.sigopt_experiment_name'],
  ])('is not asked for what it refuses: %s', async (options, place) => {
    const fault = await faultOf(run({ options }));
    expect(fault).toMatchObject({ code: 'config-invalid-value', details: { place } });
    expect(fake.log).toEqual([]);
  });

  it('is left alone once the run is stopped', async () => {
    const abort = new AbortController();
    once(/POST .*suggestions/, { status: 429 }, { status: 429 });
    const wait = (): Promise<void> => Promise.resolve(abort.abort());
    const { made } = prepared(newSession(), { trials: 2 });
    const { stopReason } = await made.run({
      signal: abort.signal,
      service: { http: systemHttp, token: TOKEN, pageUrl: null, signal: abort.signal, wait },
    });
    expect(stopReason).toBe('stopped');
  });
});
