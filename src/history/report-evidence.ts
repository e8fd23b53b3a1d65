import {
  className,
  evidenceWords,
  isLabelled,
  type Answer,
  type Evidence,
  type LatencyShape,
  type SampleChange,
} from './evidence.ts';
import { htmlTable, type Column, type Row } from './html-table.ts';
import { html, type Html } from './html.ts';

const MOST_CLASSES = 50;

const SAMPLE: readonly Column[] = [
  { label: 'Sample', numeric: true },
  { label: 'Picture' },
  { label: 'Label' },
  { label: 'Float' },
  { label: 'Offered' },
];

/** Samples that got worse or better, with what both models said. */
export function samplesTable(evidence: Evidence): Html {
  const { changes, worse, better } = evidence;
  const named = (number: number): string => className(evidence, number);
  const all = changes.length === worse + better;
  const rows = changes.map(({ sample, label, float, offered, picture }): Row => ({
    cells: [
      sample,
      picture ? html`<img src="${picture}" alt="Sample ${sample}" width="48" />` : '–',
      label === null ? '–' : named(label),
      answerText(float, named),
      answerText(offered, named),
    ],
  }));
  const caption = `${evidenceWords(evidence)} ${all ? 'All that got worse or better' : `${changes.length} of those that got worse or better`}, the clearest first.`;
  return htmlTable(caption, SAMPLE, rows);
}

/** Score of each class, the largest change first. */
export function classesTable(evidence: Evidence): Html {
  const { classes } = evidence;
  const columns: readonly Column[] = [
    { label: 'Class' },
    { label: 'Samples', numeric: true },
    { label: 'Float', numeric: true },
    { label: 'Offered', numeric: true },
    { label: 'Change', numeric: true },
  ];
  const rows = classes.slice(0, MOST_CLASSES).map(({ class: label, samples, float, offered }): Row => ({
    cells: [className(evidence, label), samples, float.toFixed(4), offered.toFixed(4), signed(offered - float)],
  }));
  const of = isLabelled(evidence) ? 'by their label' : 'by what the float model chose';
  const shown = classes.length > MOST_CLASSES ? `; the first ${MOST_CLASSES} of ${classes.length} classes` : '';
  return htmlTable(`Mean value of the samples of each class, ${of}, the largest change first${shown}`, columns, rows);
}

const LATENCY: readonly Column[] = [
  { label: 'Model' },
  { label: '5 %', numeric: true },
  { label: 'Median', numeric: true },
  { label: '95 %', numeric: true },
];

export function latencyTable({ float, offered }: LatencyShape): Html {
  const row = (name: string, { p5Ms, medianMs, p95Ms }: LatencyShape['float']): Row => ({
    cells: [name, ...[p5Ms, medianMs, p95Ms].map((ms) => `${ms.toPrecision(3)} ms`)],
  });
  return htmlTable('Time of one run, both models in turns, one thread', LATENCY, [
    row('float', float),
    row('offered', offered),
  ]);
}

/** “sandal (91 %)”, or the value under the metric. */
function answerText({ value, class: chosen, probability }: Answer, named: (number: number) => string): string {
  if (chosen === undefined) return value.toPrecision(4);
  return probability === undefined ? named(chosen) : `${named(chosen)} (${Math.round(100 * probability)} %)`;
}

export function isWorse({ float, offered }: SampleChange, higherIsBetter: boolean): boolean {
  return higherIsBetter ? offered.value < float.value : offered.value > float.value;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
