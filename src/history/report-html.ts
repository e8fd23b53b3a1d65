import { formatSize } from '../base/format-size.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { FINDINGS } from './findings.ts';
import type { Sensitivity } from '../tuning/sensitivity.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { metricOf, metricWords, stepWords, strategyWords } from './config-words.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import { htmlTable, type Column, type Row } from './html-table.ts';
import { html, Html } from './html.ts';
import { classesTable, latencyTable, samplesTable } from './report-evidence.ts';
import { REPORT_STYLE } from './report-style.ts';
import { scoreChart } from './score-chart.ts';
import { fullEvaluations } from './full-evaluations.ts';
import { preprocessingSentence, scoreText, wordsOf, type Preprocessing } from './preprocessing.ts';
import type { HoldOutResult, SessionRecord } from './session-record.ts';
import { decibelsText, effectText, savedText, sensitivityOf, sensitivityWords } from './sensitivity.ts';
import type { TuneReport } from './tune-report.ts';

/**
 * `report.html`: a finished session as one file that loads nothing, for people and archives. Accessible (landmarks, captions,
 * scopes, a table beside the chart), light and dark. What comes from models, files and configurations is escaped.
 */
export function reportHtml(report: TuneReport): string {
  const { record, offer, explanation } = report;
  const { header, trials } = record;
  const float = record.baseline?.baseline ?? null;
  const offered = trials.find(({ number }) => number === offer?.trial) ?? null;
  const title = `${header.model.name} in int8`;
  const { strategy } = header.settings.tuning;
  const sensitivity = sensitivityOf(record);
  const evidence = evidenceOf(record);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>${title} – Octet</title>
        <style>
          ${new Html(REPORT_STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="lead">${explanation}</p>
          <p class="soft">
            Tuned by Octet ${header.octet} on ${header.startedAt}; strategy ${strategyWords(strategy.name)}, scored by
            ${metricOf(header)}.
          </p>
          ${header.preprocessing ? html`<p>${preprocessingSentence(header.preprocessing)}</p>` : null}
          ${float && comparison(float, offered, record)} ${float && history(float, offered, record)}
          ${evidence && whatChanged(evidence)} ${trials.length > 0 ? trialTable(trials, offered) : null}
          ${offer && floatOps(offer.ops)} ${sensitivity && findingsTable(sensitivity)}
          ${sensitivity && sensitivityTable(sensitivity)}
          ${header.preprocessing ? preprocessingTable(header.preprocessing) : null}
          ${offer && configuration(offer.yaml)} ${fingerprints(report)}
        </main>
      </body>
    </html> `.text;
}

const COMPARED: readonly Column[] = [
  { label: 'Model' },
  { label: 'Score', numeric: true },
  { label: 'Against float, 95 %', numeric: true },
  { label: 'Size', numeric: true },
  { label: 'Time', numeric: true },
];

function comparison(float: Baseline, offered: Trial | null, { header: { goal }, outcome }: SessionRecord): Html {
  const asked = `${goal.higherIsBetter ? 'at least' : 'at most'} ${goal.target.toFixed(4)} was asked for`;
  const caption = `Score on ${float.samples} samples (${asked}), size of the file, median time of one run on one thread (the factor comes from runs in turns)`;
  const first: Row = {
    cells: ['float', scoreCell(float), '–', formatSize(float.sizeBytes), milliseconds(float.latencyMs)],
  };
  const rows = offered ? [first, offeredRow(offered, float), ...holdOutRows(outcome?.holdOut)] : [first];
  return section('offer', 'Float and offered model', htmlTable(caption, COMPARED, rows));
}

function offeredRow(trial: Trial, float: Baseline): Row {
  const { number, stage, met, difference, sizeBytes, latencyMs, latencyRatio } = trial;
  const share = sizeBytes === null ? '' : ` (${(sizeBytes / float.sizeBytes).toFixed(2)}×)`;
  const speed = latencyRatio === null ? '' : ` (${(1 / latencyRatio).toFixed(2)}× the float speed)`;
  const cells = [
    `offered: trial ${number}, ${stepWords(stage)}`,
    html`${scoreCell(trial)} ${verdict(met)}`,
    interval(difference),
    bytes(sizeBytes) + share,
    milliseconds(latencyMs) + speed,
  ];
  return { cells, isMarked: true };
}

/** Both models on the samples that no trial saw. */
function holdOutRows(holdOut: HoldOutResult | undefined): Row[] {
  if (!holdOut) return [];
  const { samples, baselineScore, score, met, difference, allSamplesScore } = holdOut;
  const all: Row[] =
    allSamplesScore === null ? [] : [{ cells: ['offered, all samples', decimals(allSamplesScore), '–', '', ''] }];
  return [
    { cells: [`float, ${samples} samples that no trial saw`, decimals(baselineScore), '–', '', ''] },
    { cells: ['offered, the same samples', html`${decimals(score)} ${verdict(met)}`, interval(difference), '', ''] },
    ...all,
  ];
}

function history(float: Baseline, offered: Trial | null, { header, trials }: SessionRecord): Html {
  const drawing = scoreChart({
    trials,
    baselineScore: float.score,
    targetScore: header.goal.target,
    offered: offered?.number ?? null,
  });
  return section('history', 'History', drawing);
}

function whatChanged(evidence: Evidence): Html {
  const { changes, classes, latency } = evidence;
  return html`${section('samples', 'Samples that changed', samplesTable(evidence))}
  ${classes.length > 0 && changes.length > 0 ? section('classes', 'Classes', classesTable(evidence)) : null}
  ${latency && section('latency', 'Latency', latencyTable(latency))}`;
}

const TRIAL: readonly Column[] = [
  { label: 'Trial' },
  { label: 'Step' },
  { label: 'Criterion' },
  { label: 'Score', numeric: true },
  { label: 'Against float, 95 %', numeric: true },
  { label: 'Size', numeric: true },
  { label: 'Time', numeric: true },
  { label: 'Samples', numeric: true },
  { label: 'Took', numeric: true },
];

function trialTable(trials: readonly Trial[], offered: Trial | null): Html {
  const rows = trials.map((trial): Row => {
    const { number, stage, status, met, reason, difference, sizeBytes, latencyMs, samplesEvaluated } = trial;
    const isMarked = trial === offered;
    const cells = [
      number,
      isMarked ? `${stepWords(stage)} (offered)` : stepWords(stage),
      status === 'failed' ? html`<span class="bad">failed: ${reason ?? ''}</span>` : verdict(met),
      scoreCell(trial),
      interval(difference),
      bytes(sizeBytes),
      milliseconds(latencyMs),
      samplesEvaluated,
      `${trial.seconds.toFixed(2)} s`,
    ];
    return { cells, isMarked };
  });
  const caption = 'In the order they were tried; only models that meet the criterion are timed';
  return section('trials', 'Trials', htmlTable(caption, TRIAL, rows));
}

const TRIED: readonly Column[] = [
  { label: 'Preprocessing' },
  { label: 'Score', numeric: true },
  { label: 'Log-probability of the label', numeric: true },
  { label: 'Samples', numeric: true },
];

/** What was tried with the float model; nothing where only one thing was. */
function preprocessingTable(preprocessing: Preprocessing): Html | null {
  const tried = [preprocessing, ...preprocessing.runnersUp].filter(({ score }) => score !== null);
  if (tried.length < 2) return null;
  const rows = tried.map((one, i): Row => {
    const log = one.logProbability === null ? '–' : one.logProbability.toFixed(3);
    return { cells: [wordsOf(one), scoreText(one), log, one.samples], isMarked: i === 0 };
  });
  const caption = `Score of the float model by ${metricWords(preprocessing.metric, preprocessing.k)}; the first is what the session used`;
  return section('preprocessing', 'Preprocessing', htmlTable(caption, TRIED, rows));
}

/** Ops that compute in float, by reason: the reason that most ops share first. */
function floatOps(ops: readonly OpReport[]): Html {
  const float = ops.filter(({ precision }) => precision !== 'int8');
  const groups = new Map<string, OpReport[]>();
  for (const op of float) {
    const reason = op.reason ?? 'no reason is known';
    groups.set(reason, [...(groups.get(reason) ?? []), op]);
  }
  const rows = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, members]): Row => ({ cells: [reason, members.length, members.map(opName).join(', ')] }));
  const caption = `${ops.length - float.length} of ${ops.length} ops compute in int8. The others may store their weights compactly all the same, as said behind their names.`;
  const columns = [{ label: 'Reason' }, { label: 'Ops', numeric: true }, { label: 'Names' }];
  return section('ops', 'Ops that stayed float', htmlTable(caption, columns, rows));
}

function opName({ name, opType, precision }: OpReport): string {
  return precision === 'float32' ? `${name} (${opType})` : `${name} (${opType}, ${precision})`;
}

function findingsTable({ findings = [] }: Sensitivity): Html | null {
  if (findings.length === 0) return null;
  const rows = findings.map(({ kind, evidence, share, ops }): Row => ({
    cells: [FINDINGS[kind].title, evidence, FINDINGS[kind].why, `${Math.round(100 * share)} %`, ops.join(', ')],
  }));
  const columns: readonly Column[] = [
    { label: 'Finding' },
    { label: 'Evidence' },
    { label: 'Why it hurts' },
    { label: 'Of the effect', numeric: true },
    { label: 'Ops' },
  ];
  return section(
    'diagnosis',
    'Diagnosis',
    htmlTable('Causes first, those that explain most before others', columns, rows),
  );
}

const SENSITIVITY: readonly Column[] = [
  { label: 'Op' },
  { label: 'Type' },
  { label: 'Effect', numeric: true },
  { label: 'Weight SQNR', numeric: true },
  { label: 'Tensor error', numeric: true },
  { label: 'Int8 saves', numeric: true },
];

function sensitivityTable(sensitivity: Sensitivity): Html {
  const rows = sensitivity.ops.map(({ op, opType, divergence, sharedBy, weightSqnrDb, tensorError, savedMs }): Row => ({
    cells: [
      op,
      opType,
      effectText(divergence) + (sharedBy === undefined ? '' : ` (${sharedBy} ops)`),
      decibelsText(weightSqnrDb),
      effectText(tensorError),
      savedText(savedMs),
    ],
  }));
  const caption = `${sensitivityWords(sensitivity)} The most harmful first.`;
  return section('sensitivity', 'Sensitivity', htmlTable(caption, SENSITIVITY, rows));
}

function configuration(yaml: string): Html {
  return section('yaml', 'Configuration of the offered model: tune-config.yaml', html`<pre><code>${yaml}</code></pre>`);
}

function fingerprints({ record, offer }: TuneReport): Html {
  const { header, outcome } = record;
  const { model, data, runtime } = header;
  const { calibration, evaluation } = data;
  const entries: readonly (readonly [string, string])[] = [
    ['float model', `${model.name}, ${formatSize(model.sizeBytes)}, SHA-256 ${model.sha256}`],
    ...(offer ? [['int8 model', `SHA-256 ${offer.recipe.int8Sha256}`] as const] : []),
    ['calibration data', `${calibration.name}, ${calibration.samples} samples, SHA-256 ${calibration.sha256}`],
    ['evaluation data', `${evaluation.name}, ${evaluation.samples} samples, SHA-256 ${evaluation.sha256}`],
    ...(data.holdOut ? [['held-out data', `${data.holdOut.name}, ${data.holdOut.samples} samples`] as const] : []),
    [
      'runtime',
      `ONNX Runtime ${runtime.version}, ${runtime.provider}, ${runtime.device ?? `${runtime.threads} thread`}`,
    ],
    ['seed', String(header.settings.tuning.randomSeed)],
    ['search', `as much as ${fullEvaluations(record).toFixed(1)} full evaluations`],
    ...(outcome ? [['time', `${outcome.seconds.total.toFixed(1)} s in all`] as const] : []),
  ];
  const items = entries.map(
    ([term, text]) =>
      html`<dt>${term}</dt>
        <dd>${text}</dd> `,
  );
  return html`<h2>Fingerprints</h2>
    <dl>${items}</dl>`;
}

/** A heading, and a box that scrolls sideways on small screens, by keyboard too. */
function section(id: string, heading: string, content: Html): Html {
  return html`<h2 id="${id}">${heading}</h2>
    <div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">${content}</div> `;
}

function verdict(met: boolean): Html {
  return met ? html`<span class="good">met</span>` : html`<span class="bad">missed</span>`;
}

function interval(difference: Trial['difference']): string {
  if (difference === null) return '–';
  const { mean, halfWidth } = difference;
  return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(4)} ± ${halfWidth.toFixed(4)}`;
}

/** With the score of each metric, where there are several. */
function scoreCell({ score, scores }: Pick<Trial, 'score' | 'scores'>): string {
  const each = Object.entries(scores ?? {}).map(([metric, value]) => `${metricWords(metric)} ${value.toFixed(4)}`);
  return each.length === 0 ? decimals(score) : `${decimals(score)} (${each.join(', ')})`;
}

function decimals(score: number | null): string {
  return score === null ? '–' : score.toFixed(4);
}

function bytes(count: number | null): string {
  return count === null ? '–' : formatSize(count);
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value.toPrecision(3)} ms`;
}
