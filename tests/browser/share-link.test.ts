import { expect, it } from 'vitest';
import { evidenceKey, type Evidence } from '../../src/history/evidence.ts';
import { isShareHash, readShareHash, readSharedFile, shareLink } from '../../src/history/share-link.ts';
import { sharedResult, type SharedResult } from '../../src/history/shared-result.ts';
import { unpackGraph } from '../../src/history/shared-graph.ts';
import type { TuneReport } from '../../src/history/tune-report.ts';
import type { OpConfig } from '../../src/quantize/config.ts';
import { report, sampleTrial } from './sample-session.ts';

/** Made from `report` by the first version that had links. */
const EARLY_LINK = [
  '#share=vVbLruM2DP0Vg2vFlZ1kWqirTttFF93cDFCgM0Gh2IwtjCwZEp37CPzvBWUn17kdoI8Uw5Uki6_DI9JnOPrQaQIFviKkVWx1wG8KEBC',
  'w8qEGdYYWdY2BV28vY4zGu3Q9nYACmRe5ZPXBkemQtfrgTyZZgEcdOxBwwsCKoKDI1zLdpzagriOoYhTQ-RotqzrNJqDzB2PRIeXeuScQEFtdb',
  't-BAn2nsC3zgu-fCSOojZRyFFBr0uy90tYcgqYU6jWYdJq7_mUZx-FOYVu66y1HUXAMeNJ2eOuaD996ru6UpefNOAqISGRcE9kvDc64hldBu9p',
  '3O8SaS8Q1QgqmAgXk-88goPE6lYx0aJgJMv92I6A1TYvhl_geiZgBFAZkH6QDYf0DM6aU5buVLFay_CDXSm6U3OZSyt9hFHDQEa1xiUbLdax8w',
  'ORjK8BqQlc9_8rQ5du_FJQzqrxjbpU3uQpgjHn9cT8KzrDhzXkUQMFoyx_O4IbuwJHLFHXDZXhE07SURfKBDwRU3h1Ngsn3CbfKu1MBCo79uuQ',
  '8Jo3drKBAD-QvwBvX7MwLznWPpGmIXFfPgRKbf802wQ7qqG3Eay4_T1Thymxusi9S9kt4rrsHptZssjbHIwZ0VYK2Q-1ArWQut_JGNlxObY-_m',
  'ZpaVpXFuMBWMvTp4e4u1JR3CoziFf_iFf_kZfVo4lfFfjuDzxT-R9gX_xF7-W9xLu4UGPeCu_ThQn_n6bL0A1V-6uMHjJTyWMJAvn9AHVMzr4I',
  'hDMa7Fd9YxHwG8sTtYbt80qW47bAFD51HtsFZcr2n-cK78rYjvoKZcBy5IeFTb7WbL8COfN9jnWnK0mPOiu8zQ1mHSDGjFrNrsDkIeNad5VaW2',
  'p365LJs6nd_RMRaZcUnxyOunzpCH7Ay8_wyjr5Lnz4890yuH707peE5QeIGa5mig5uQ4z7ORmaS7i_snEkjBfDQ3PEQBiWZ_ktnR-s1rculvwe',
  '0w8IfOJ8ZR9hgyD5jcGjh6r5cuA9oh2nI26H82zD26W_A9PiFf4Dpwxd_Ab7iFB9FqsT1RdR3yv_bV66TBTrjOv3Eq6d5m9BOZ0VisXH9QD-ZL',
  's6XPhZivR_H8U8',
].join('');

const PICTURE = 'data:image/png;base64,AAAA';
const evidence: Evidence = {
  format: 'octet-evidence/1',
  samples: 300,
  worse: 3,
  better: 1,
  decidedOtherwise: 4,
  classes: [7, 3, 50].map((number, i) => ({ class: number, samples: 30, float: 0.9, offered: 0.8 + 0.05 * i })),
  classNames: Array.from({ length: 60 }, (_, i) => `class ${i}`),
  changes: [{ sample: 4, label: 7, float: { value: 1, class: 7 }, offered: { value: 0, class: 3 }, picture: PICTURE }],
  latency: {
    startMs: 1,
    widthMs: 0.1,
    float: { counts: [1, 5, 2], p5Ms: 1, medianMs: 1.2, p95Ms: 1.3 },
    offered: { counts: [4, 4, 0], p5Ms: 1, medianMs: 1.1, p95Ms: 1.2 },
  },
};
const edges: [number, number][] = [
  [0, 1],
  [0, 2],
  [1, 2],
];

function withEvidence(found: Evidence = evidence): TuneReport {
  const { record, offer } = report;
  const notes = { ...record.notes, [evidenceKey('1'.repeat(64))]: JSON.parse(JSON.stringify(found)) };
  return { ...report, record: { ...record, notes }, offer: offer && { ...offer, edges } };
}

async function linkOf(some: TuneReport): Promise<string> {
  const { hash } = await shareLink(some);
  expect(hash).not.toBeNull();
  return hash ?? '';
}

it('carries a result and its recipe through a link', async () => {
  const { hash, carriesRecipe, leftOut } = await shareLink(report);
  expect(carriesRecipe).toBe(true);
  expect(leftOut).toEqual([]);
  expect(isShareHash(hash ?? '')).toBe(true);
  expect(hash).toMatch(/^#share=[\w-]+$/);
  const shared = await readShareHash(hash ?? '');
  expect(shared.explanation).toBe(report.explanation);
  expect(shared.recipe).toEqual(report.offer?.recipe);
  expect(shared.yaml).toBe(report.offer?.yaml);
  expect(shared.record.trials).toEqual(report.record.trials);
  expect(shared.ops.map(({ opType, count }) => [opType, count])).toEqual([
    ['Conv', 1],
    ['Relu', 2],
  ]);
});

it('carries counts, classes and latencies of the evidence, and no sample', async () => {
  const { evidence: told } = await readShareHash(await linkOf(withEvidence()));
  expect(told).toMatchObject({ samples: 300, worse: 3, better: 1, decidedOtherwise: 4, hasLabels: true, changes: [] });
  expect(told?.classes).toEqual(evidence.classes);
  expect(told?.classNames).toEqual({ 3: 'class 3', 7: 'class 7', 50: 'class 50' });
  expect(told?.latency).toEqual(evidence.latency);
  expect(JSON.stringify(sharedResult(withEvidence()))).not.toContain(PICTURE);
});

it('carries the classes that changed most, and says of how many', async () => {
  const classes = Array.from({ length: 1000 }, (_, i) => ({ class: i, samples: 5, float: 1, offered: 0.001 * i }));
  const { evidence: told } = await readShareHash(await linkOf(withEvidence({ ...evidence, classes })));
  expect(told?.classes).toEqual(classes.slice(0, 40));
  expect(told?.classCount).toBe(1000);
});

it('carries the graph: ops, what they compute in and why, edges', async () => {
  const { graph } = await readShareHash(await linkOf(withEvidence()));
  expect(unpackGraph(graph)).toEqual({ ops: report.offer?.ops, edges });
});

it('leaves values per sample, ranges and notes behind', async () => {
  const { record } = await readShareHash(await linkOf(withEvidence()));
  expect(record.baseline?.values).toEqual([]);
  expect(record).toMatchObject({ ranges: {}, probes: {}, notes: {} });
});

it('drops the graph and the configs of trials before it drops evidence and recipe', async () => {
  const trials = Array.from({ length: 100 }, (_, number) => {
    const ops = Array.from({ length: 300 }, (__, i): [string, OpConfig] => [noise(number * 300 + i), 'fp32']);
    const trial = sampleTrial(number, 0.5);
    return { ...trial, config: { ...trial.config, ops: Object.fromEntries(ops) } };
  });
  const whole = withEvidence();
  const ops = Array.from({ length: 4000 }, (_, i) => ({ name: noise(i), opType: 'Add', precision: 'int8' as const }));
  const offer = whole.offer && { ...whole.offer, ops };
  const made = await shareLink({ ...whole, record: { ...whole.record, trials }, offer });
  expect(made.leftOut).toEqual(['the graph', 'the configs of trials that are not offered']);
  expect(made.carriesRecipe).toBe(true);
  expect(made.hash?.length).toBeLessThan(32_000);
  const shared = await readShareHash(made.hash ?? '');
  expect(shared.record.trials.map(({ number }) => number)).toEqual(trials.map(({ number }) => number));
  expect(shared.evidence?.classes).toHaveLength(3);
});

it('says that the recipe did not fit, and keeps what does', async () => {
  const whole = withEvidence();
  const offer = whole.offer && { ...whole.offer, recipe: { ...whole.offer.recipe, ranges: manyRanges() } };
  const made = await shareLink({ ...whole, offer });
  expect(made.carriesRecipe).toBe(false);
  expect(made.leftOut).toEqual(['the recipe']);
  const shared = await readShareHash(made.hash ?? '');
  expect(shared.recipe).toBeNull();
  expect(shared.graph).toBeDefined();
});

it('makes no link of what cannot be shortened enough; a file carries it whole', async () => {
  const explanation = Array.from({ length: 10_000 }, (_, i) => noise(i)).join(' ');
  const whole = { ...withEvidence(), explanation };
  expect(await shareLink(whole)).toMatchObject({ hash: null });
  const read = await readSharedFile(JSON.parse(JSON.stringify(sharedResult(whole))), 'model.octet-result.json');
  expect(read).toEqual(sharedResult(whole));
  expect(await readSharedFile({ format: 'octet-recipe/1' }, 'recipe.json')).toBeNull();
  expect(await readSharedFile(null, 'null.json')).toBeNull();
  await expect(readSharedFile({ format: 'octet-share/1' }, 'x.json')).rejects.toMatchObject({
    code: 'link-unreadable',
  });
});

it('opens links of the first version', async () => {
  const shared = await readShareHash(EARLY_LINK);
  expect(shared.record.trials).toEqual(report.record.trials);
  expect(shared.recipe).toEqual(report.offer?.recipe);
  expect(shared.evidence).toBeUndefined();
  expect(shared.graph).toBeUndefined();
});

it.each(['#share=', '#share=!!!', '#share=AAAA', '#share=eJyrVgoA'])('refuses the damaged link %s', async (hash) => {
  await expect(readShareHash(hash)).rejects.toMatchObject({ code: 'link-unreadable' });
});

it('refuses a link that was cut off', async () => {
  const hash = await linkOf(report);
  await expect(readShareHash(hash.slice(0, -20))).rejects.toMatchObject({ code: 'link-unreadable' });
});

type Written = { -readonly [part in keyof SharedResult]: SharedResult[part] } & { [part: string]: unknown };
const latency = evidence.latency!;
const first = { ...sampleTrial(0, 0.7) };

it.each<[string, (shared: Written) => void]>([
  ['null', (shared) => (shared.evidence = null as never)],
  ['evidence of another form', (shared) => (shared.evidence = {} as never)],
  ['a picture', (shared) => (shared.evidence = evidence)],
  ['text for a count', (shared) => (shared.evidence = { ...shared.evidence!, worse: '3' as never })],
  [
    'a class twice',
    (shared) => (shared.evidence = { ...shared.evidence!, classes: [evidence.classes[0]!, evidence.classes[0]!] }),
  ],
  [
    'a class without name text',
    (shared) => (shared.evidence = { ...shared.evidence!, classNames: { 3: {} as never } }),
  ],
  ['bins without width', (shared) => (shared.evidence = { ...shared.evidence!, latency: { ...latency, widthMs: 0 } })],
  [
    'bins of one model',
    (shared) =>
      (shared.evidence = { ...shared.evidence!, latency: { ...latency, offered: { ...latency.offered, counts: [] } } }),
  ],
  ['an edge to nowhere', (shared) => (shared.graph = { ...shared.graph!, edges: [0, 99] })],
  ['half an edge', (shared) => (shared.graph = { ...shared.graph!, edges: [0] })],
  ['an op without kind', (shared) => (shared.graph = { ...shared.graph!, kindOf: [0, 1, 99] })],
  [
    'an unknown precision',
    (shared) =>
      (shared.graph = { ...shared.graph!, kinds: [{ ...shared.graph!.kinds[0]!, precision: 'int2' as never }] }),
  ],
  ['a trial twice', (shared) => (shared.record = { ...shared.record, trials: [first, first] })],
  [
    'a trial without config',
    (shared) => (shared.record = { ...shared.record, trials: [{ ...first, config: null as never }] }),
  ],
  [
    'a date that is none',
    (shared) => (shared.record = { ...shared.record, header: { ...shared.record.header, startedAt: 'then' } }),
  ],
  [
    'an unknown end',
    (shared) =>
      (shared.record = { ...shared.record, outcome: { ...shared.record.outcome!, stopReason: 'x' as never } }),
  ],
  [
    'no goal',
    (shared) => (shared.record = { ...shared.record, header: { ...shared.record.header, goal: null as never } }),
  ],
  ['a broken recipe', (shared) => (shared.recipe = { ...shared.recipe!, ranges: [] as never })],
  ['ops of another form', (shared) => (shared.ops = [{}] as never)],
])('refuses a link with %s', async (_, spoil) => {
  const shared: Written = JSON.parse(JSON.stringify(sharedResult(withEvidence())));
  expect((await readShareHash(await hashOf(shared))).explanation).toBe(report.explanation);
  spoil(shared);
  await expect(readShareHash(await hashOf(shared))).rejects.toMatchObject({ code: 'link-unreadable' });
});

it('takes no notes from a link, whoever wrote it', async () => {
  const shared: Written = JSON.parse(JSON.stringify(sharedResult(withEvidence())));
  shared.record = { ...shared.record, notes: { sensitivity: { ops: 'none' } }, probes: { a: null as never } };
  expect((await readShareHash(await hashOf(shared))).record).toMatchObject({ notes: {}, probes: {} });
});

/** A link as anybody could write it. */
async function hashOf(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return `#share=${btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')}`;
}

function manyRanges(): NonNullable<TuneReport['offer']>['recipe']['ranges'] {
  return { minmax: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [noise(i), { min: 0, max: i }])) };
}

/** Text that does not compress. */
function noise(seed: number): string {
  return ((seed * 2654435761) >>> 0).toString(36) + ((seed * 40503 * 65599) >>> 0).toString(36);
}
