import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, file, octet, scratch, start, tuneArguments } from './octet.ts';
import { configWith, decisions, expectSameRun, historyOf, UNREACHABLE } from './results.ts';

const EXAMPLE = new URL('../../public/examples/bisect-strategy.mjs', import.meta.url).pathname;
/** Naming the types makes every Conv and Gemm a choice, also where int8 is known to be slower. */
const INT8_OR_FLOAT = '{weight: {dtype: [int8, fp32]}, activation: {dtype: [uint8, fp32]}}';
const config = configWith(
  UNREACHABLE,
  ['name: basic', 'name: random'],
  ['static_quant', `static_quant\n  optype_wise: {Conv: ${INT8_OR_FLOAT}, Gemm: ${INT8_OR_FLOAT}}`],
);

describe('octet tune --strategy', { timeout: 120_000 }, () => {
  it('runs the example, and goes on with it after a kill', async () => {
    const output = scratch();
    const args = [...tuneArguments(output, { config }), '--strategy', EXAMPLE, '--json'];
    const ended = await octet(...args);
    expect(ended.code).toBe(3);
    const { trials, customStrategy, config: settings } = historyOf(output);
    expect(trials.slice(0, 2).map(({ stage }) => stage)).toEqual(['weight storage', 'weight storage, float16']);
    expect(trials.length).toBeGreaterThan(3);
    for (const { stage } of trials.slice(2)) expect(stage).toMatch(/^the \d least harmful ops in int8$/);
    expect(customStrategy).toEqual({
      name: 'bisect',
      fileName: 'bisect-strategy.mjs',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(settings.tuning.strategy.name).toBe('random');
    expect(ended.stdout).toContain('"strategy":"bisect"');
    for (const name of ['recipe.json', 'history.json', 'journal.jsonl', 'report.html', 'tune-config.yaml'])
      expect(readFileSync(join(output, name), 'utf8'), name).not.toContain('propose');

    const again = scratch();
    const killed = start([...tuneArguments(again, { config }), '--strategy', EXAMPLE, '--json'], (text) => {
      if (text.split('"type":"trial"').length > 3) killed.kill('SIGKILL');
    });
    expect((await killed.ended).code).toBeNull();
    expect((await octet(...tuneArguments(again, { config }), '--strategy', EXAMPLE, '--resume')).code).toBe(3);
    expectSameRun(again, output);

    const other = file('other.mjs', `${readFileSync(EXAMPLE, 'utf8')}\n// changed`);
    for (const more of [['--strategy', other], []]) {
      const refused = await octet(...tuneArguments(again, { config }), ...more, '--resume');
      expectRefused(refused, 'journal-mismatch', ['the strategy module']);
    }
    expect(decisions(historyOf(again))).toEqual(decisions(historyOf(output)));
  });

  it.each([
    ['export default class {', 'strategy-module-unreadable', 'SyntaxError'],
    ["import './other.mjs';", 'strategy-module-unreadable', 'mine.mjs'],
    ['export const strategy = 1;', 'strategy-class-missing', 'exports named strategy'],
  ] as const)('refuses %s before anything is stored', async (text, code, words) => {
    const output = scratch();
    const ended = await octet(...tuneArguments(output), '--strategy', file('mine.mjs', text));
    expectRefused(ended, code, [words, 'mine.mjs'], output);
  });

  it('names the line of a strategy that fails, and keeps its trials', async () => {
    const text =
      'export default class MyTuneStrategy {\n  async *propose({ helpers }) {\n    yield [helpers.allInt8()];\n    null.x;\n  }\n}';
    const output = scratch();
    const ended = await octet(...tuneArguments(output), '--strategy', file('mine.mjs', text));
    expectRefused(ended, 'strategy-failed', ['line 4', 'TypeError']);
    expect(readFileSync(join(output, 'journal.jsonl'), 'utf8').match(/"trial"/g)).toHaveLength(2);
  });
});
