import { describe, expect, it } from 'vitest';
import { vocabulary } from '../engine/vocabulary.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { defaultSettings } from '../tuning/config/parse.ts';
import type { Trial } from '../tuning/types.ts';
import { html } from './html.ts';
import { reportHtml } from './report-html.ts';
import type { SessionRecord } from './session-record.ts';
import type { TuneReport } from './tune-report.ts';

const HOSTILE = `<img src=x onerror="alert('1')">&`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
const hash = (letter: string): string => letter.repeat(64);

const trial = (number: number, more: Partial<Trial> = {}): Trial => ({
  number,
  stage: HOSTILE,
  config: { ops: {}, weightStorage: 'auto', samplingSize: 0 },
  status: 'complete',
  score: 0.9 - number / 100,
  met: number === 0,
  samplesEvaluated: 50,
  sizeBytes: 1234,
  latencyMs: 1.5,
  latencyRatio: 0.5,
  difference: { mean: -0.01, halfWidth: 0.002 },
  seconds: 2,
  modelSha256: hash('d'),
  ...more,
});

const failed: Partial<Trial> = {
  status: 'failed',
  score: null,
  met: false,
  sizeBytes: null,
  latencyMs: null,
  latencyRatio: null,
  difference: null,
  reason: HOSTILE,
};

const record: SessionRecord = {
  header: {
    format: 'octet-session/1',
    octet: '1.2.3',
    runtime: { provider: 'wasm', version: '1.30.0', threads: 1 },
    model: { name: HOSTILE, sha256: hash('a'), sizeBytes: 4000 },
    data: {
      calibration: { name: HOSTILE, sha256: hash('b'), samples: 10 },
      evaluation: { name: HOSTILE, sha256: hash('c'), samples: 50 },
    },
    settings: defaultSettings(vocabulary),
    metric: HOSTILE,
    goal: { target: 0.895, higherIsBetter: true },
    startedAt: '2026-01-02T03:04:05Z',
  },
  baseline: { baseline: { score: 0.91, latencyMs: 3, sizeBytes: 4000, seconds: 1, samples: 50 }, values: [] },
  ranges: {},
  trials: [trial(0), trial(1), trial(2, failed)],
  notes: {},
  probes: {},
  outcome: null,
};

const op = (name: string, more: Partial<OpReport> = {}): OpReport => ({
  name,
  opType: 'Conv',
  precision: 'int8 weights',
  reason: HOSTILE,
  ...more,
});

const report: TuneReport = {
  record,
  explanation: HOSTILE,
  offer: {
    trial: 0,
    model: new Uint8Array(3),
    ops: [op(HOSTILE), op('second'), op('third', { precision: 'int8' }), op('alone', { reason: 'its own reason' })],
    yaml: `name: ${HOSTILE}\n  indented: yes\n`,
    recipe: {
      format: 'octet-recipe/1',
      octet: '1.2.3',
      model: { name: HOSTILE, sha256: hash('a') },
      int8Sha256: hash('d'),
      config: trial(0).config,
      ranges: {},
      inputDims: {},
    },
  },
};

/** Elements that are opened and not closed, or the other way round. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  for (const [, end, name, empty] of text.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (empty || name === undefined) continue;
    if (!end) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe('reportHtml', () => {
  const text = reportHtml(report);

  it('escapes whatever comes from models, files and configurations', () => {
    expect(text).not.toContain('<img');
    expect(text.split(ESCAPED).length).toBeGreaterThan(12);
  });

  it('is whole, and loads and runs nothing', () => {
    expect(unbalanced(text.replace(/<!doctype html>/, ''))).toEqual([]);
    expect(text).not.toMatch(/<script|<link|<[^>]*\ssrc=|url\(|@import/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  });

  it('compares the offered model with float, with the interval', () => {
    for (const part of ['0.9100', '−0.0100 ± 0.0020', '1.2 kB (0.31×)', '1.50 ms (2.00× the float speed)', '0.8950'])
      expect(text).toContain(part);
  });

  it('draws every trial, the target and the float score', () => {
    expect(text.match(/<circle\s+class="(met|missed)"/g)).toHaveLength(2);
    expect(text.match(/<path\s+class="failed"/g)).toHaveLength(1);
    expect(text.match(/<circle\s+class="ring"/g)).toHaveLength(1);
    expect(text.match(/<line\s+class="(float|target)"/g)).toHaveLength(2);
    const numbers = [...text.matchAll(/\s(?:cx|cy|x1|y1|x|y)="([^"]*)"/g)].map(([, value]) => Number(value));
    expect(numbers.every(Number.isFinite)).toBe(true);
  });

  it('groups ops that stayed float by reason, the largest group first', () => {
    const ops = text.slice(text.indexOf('id="ops"'), text.indexOf('id="yaml"'));
    expect(ops).toContain('1 of 4 ops compute in int8');
    expect(ops).toContain(`${ESCAPED} (Conv, int8 weights), second (Conv, int8 weights)`);
    expect(ops.indexOf('second')).toBeLessThan(ops.indexOf('its own reason'));
    expect(ops).not.toContain('third');
  });

  it('keeps the lines of the configuration, and gives all fingerprints', () => {
    expect(text).toContain(`<pre><code>name: ${ESCAPED}\n  indented: yes\n</code></pre>`);
    for (const letter of ['a', 'b', 'c', 'd']) expect(text).toContain(hash(letter));
  });

  it('tells of sessions without offer, without trials, without baseline', () => {
    const nothing = reportHtml({ ...report, offer: null });
    expect(nothing).not.toContain('id="yaml"');
    expect(unbalanced(nothing.replace(/<!doctype html>/, ''))).toEqual([]);
    expect(reportHtml({ ...report, record: { ...record, trials: [] }, offer: null })).not.toMatch(/NaN|Infinity/);
    expect(reportHtml({ ...report, record: { ...record, trials: [], baseline: null }, offer: null })).toContain(
      hash('a'),
    );
  });
});

it('html escapes values but not what it made itself', () => {
  expect(html`<p>${'<'}${1}${null}${html`<b>${'"'}</b>`}${[html`<i></i>`, html`&`]}</p>`.text).toBe(
    '<p>&lt;1<b>&quot;</b><i></i>&</p>',
  );
});
