import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../base/fault.ts';
import { configText } from '../canonical.ts';
import type { DriveResult } from '../driver.ts';
import { letters, LOSSES, rig, scoreOf, type Rig } from '../testing/simulation.ts';
import type { TuneConfig } from '../types.ts';
import { customStrategy } from './custom-strategy.ts';

const EXAMPLE = readFileSync(new URL('../../../public/examples/bisect-strategy.mjs', import.meta.url), 'utf8');

const load = (text: string): Promise<unknown> =>
  import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);

const around = (body: string): string =>
  `export default class MyOwnTuneStrategy {\n  async *propose(context) {\n    ${body}\n  }\n}\n`;

async function run(text: string, criterion = 'absolute: 0.0075', made?: Rig): Promise<DriveResult> {
  const strategy = customStrategy(await load(text), 'mine.mjs');
  const yaml = `tuning: {strategy: {name: basic}, accuracy_criterion: {${criterion}}, exit_policy: {max_trials: 30}}`;
  return (made ?? rig(yaml)).run({ strategy });
}

async function faultOf(text: string): Promise<Fault> {
  const thrown: unknown = await run(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

describe('the example', () => {
  it('bisects over the ranked ops', async () => {
    const strategy = customStrategy(await load(EXAMPLE), 'bisect-strategy.mjs');
    expect(strategy).toMatchObject({ name: 'bisect', endsByItself: true, help: expect.stringContaining('bisects') });
    const { trials, best, met } = await run(EXAMPLE);
    expect(trials.map(({ config }) => letters(config))).toEqual(['ffff', 'cctc', 'ccff', 'cctf']);
    expect(trials[1]?.stage).toBe('the 4 least harmful ops in int8');
    expect(met).toBe(true);
    expect(letters(best!.config)).toBe('ccff');
  });

  it('gives the sequence of an undisturbed run where it was cut off', async () => {
    const whole = await run(EXAMPLE);
    const yaml = 'tuning: {accuracy_criterion: {absolute: 0.0075}, exit_policy: {max_trials: 30}}';
    for (let cut = 0; cut < whole.trials.length; cut++) {
      const resumed = rig(yaml, {}, whole.trials.slice(0, cut));
      expect((await run(EXAMPLE, '', resumed)).trials.map(({ config }) => letters(config))).toEqual(
        whole.trials.map(({ config }) => letters(config)),
      );
      expect(resumed.evaluated).toHaveLength(whole.trials.length - cut);
    }
  });
});

describe('a strategy of the user', () => {
  it('may yield bare configs and walk the space', async () => {
    const text = around(
      'const { choices } = context.helpers; for (const point of choices.points()) yield [choices.configOf(point)];',
    );
    const { trials, stopReason } = await run(text, 'absolute: -1');
    expect(stopReason).toBe('max-trials');
    expect(trials[1]?.stage).toBe('myown');
    expect(new Set(trials.map(({ config }) => configText(config))).size).toBe(trials.length);
  });

  it('has what it needs to decide, and neither network nor token', async () => {
    const text = around(
      'throw new Error(JSON.stringify([Object.keys(context).sort(), context.target, context.better(2, 1), context.rng.below(1)]));',
    );
    const { details } = await faultOf(text);
    expect(details.found).toContain('"target"');
    expect(details.found).toContain('"probes"');
    expect(details.found).not.toMatch(/service|options/);
    expect(details.found).toContain('],0.79250');
  });

  it('cannot change what belongs to the driver', async () => {
    const text = around(
      'context.space.ops.length = 0; context.trial0.score = 9; const [trial] = yield [context.helpers.allInt8()]; trial.met = true; trial.score = 9; context.trials().length = 0;',
    );
    const { trials, met } = await run(text, 'absolute: 0.0001');
    expect(trials.map(({ score }) => score)).toEqual([0.8, scoreOf(trials[1]!.config)]);
    expect(trials[1]!.met).toBe(false);
    expect(met).toBe(true);
    expect(Object.keys(LOSSES)).toHaveLength(4);
  });

  it('is given the glue ops, and options of the space only', async () => {
    const seen: TuneConfig[] = [];
    const made = rig('tuning: {accuracy_criterion: {absolute: -1}}', { score: (config) => (seen.push(config), 0.7) });
    await run(around("yield [{ ops: { fc: context.space.ops[3].int8[1], conv1: 'fp32' } }];"), '', made);
    expect(seen.map((config) => letters(config))).toEqual(['ffff', 'ffft']);
    expect(seen[1]).toMatchObject({ samplingSize: 100, weightStorage: 'int8' });
  });
});

describe('a module with a fault', () => {
  it.each([
    ['export const a = 1;', 'exports named a'],
    ['', 'no exports'],
    ['export default {};', 'exports named default'],
    ['export default class Fast { async *propose() {} }', 'a default export named Fast'],
    ['export default class FastTuneStrategy {}', 'without a method propose'],
    ['export default function slowTuneStrategy() {}', 'without a method propose'],
  ])('%s: no strategy', async (text, found) => {
    const fault = await faultOf(text);
    expect(fault).toMatchObject({ code: 'strategy-class-missing', details: { file: 'mine.mjs' } });
    expect(fault.details.found).toContain(found);
    expect(fault.details.accepted).toContain('TuneStrategy');
  });

  it.each([
    ['yield 1;', 'step 1', '1'],
    ['yield [1];', 'step 1, config 1', '1'],
    ['yield [{}];', 'step 1, config 1', '{}'],
    [
      'yield [context.helpers.allInt8()]; yield [{ config: context.helpers.allFloat(), stage: 3 }];',
      'step 2, config 1, stage',
      '3',
    ],
    ["yield [{ ops: { conv9: 'fp32' } }];", 'step 1, config 1', 'an op named conv9'],
    ["yield [{ ops: { conv1: 'int4' } }];", 'step 1, config 1, op conv1', '"int4"'],
    ['yield [{ ops: { conv1: { mode: 1, weight: {}, activation: {} } } }];', 'step 1, config 1, op conv1', '{"mode":1'],
    ['yield [context.helpers.allInt8(7)];', 'step 1, config 1, samplingSize', '7'],
    ["yield [{ ...context.helpers.allInt8(), weightStorage: 'int4' }];", 'step 1, config 1, weightStorage', '"int4"'],
    ['yield [{ ...context.helpers.allInt8(), smoothQuant: 0.3 }];', 'step 1, config 1, smoothQuant', '0.3'],
  ])('%s: no config', async (body, place, found) => {
    const fault = await faultOf(around(body));
    expect(fault).toMatchObject({ code: 'strategy-proposal-invalid', details: { file: 'mine.mjs', place } });
    expect(fault.details.found).toContain(found);
    expect(fault.details.accepted).toBeTruthy();
  });

  it.each([
    [around("throw new RangeError('so not');"), 'RangeError: so not', 'line 3'],
    [around('null.x;'), "TypeError: Cannot read properties of null (reading 'x')", 'line 3'],
    [around("throw 'text';"), 'text', undefined],
    [
      "export default class MyTuneStrategy { constructor() { throw new Error('no'); } propose() {} }",
      'Error: no',
      'line 1',
    ],
    ['export default class MyTuneStrategy { propose() { return [1]; } }', 'object', undefined],
    ['export default class MyTuneStrategy { async propose() {} }', 'nothing', undefined],
  ])('%s: failed', async (text, found, place) => {
    const fault = await faultOf(text);
    expect(fault).toMatchObject({ code: 'strategy-failed', details: { file: 'mine.mjs', found } });
    expect(fault.details.place).toBe(place);
  });
});
