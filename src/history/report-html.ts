import { formatSize } from '../base/format-size.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { html, Html } from './html.ts';
import { REPORT_STYLE } from './report-style.ts';
import { scoreChart } from './score-chart.ts';
import type { SessionRecord } from './session-record.ts';
import type { TuneReport } from './tune-report.ts';

/**
 * `report.html`: a finished session as one file that loads nothing, for people and archives. Accessible (landmarks, captions,
 * scopes, a table beside the chart), light and dark. What comes from models, files and configurations is escaped.
 */
export function reportHtml(report: TuneReport): string {
  const { record, offer, explanation } = report;
  const { header, baseline, trials } = record;
  const float = baseline?.baseline ?? null;
  const offered = trials.find(({ number }) => number === offer?.trial) ?? null;
  const title = `${header.model.name} in int8`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
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
            Tuned by Octet ${header.octet} on ${header.startedAt}; strategy ${header.settings.tuning.strategy.name},
            metric ${header.metric}.
          </p>
          ${float && comparison(float, offered, record)} ${float && chart(float, record, offered)}
          ${trials.length > 0 ? trialTable(trials, offered) : null} ${offer && floatOps(offer.ops)}
          ${offer && configuration(offer.yaml)} ${fingerprints(report, offered)}
        </main>
      </body>
    </html> `.text;
}

function comparison(float: Baseline, offered: Trial | null, { header }: SessionRecord): Html {
  const { target, higherIsBetter } = header.goal;
  const direction = higherIsBetter ? 'at least' : 'at most';
  return html`<h2 id="offer">Float and offered model</h2>
    ${scrolling(
      'offer',
      html`<table>
        <caption>
          Score on ${float.samples} samples (${direction} ${target.toFixed(4)} was asked for), size of the file, median
          time of one run on one thread
        </caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" class="number">Score</th>
            <th scope="col" class="number">Against float, 95 %</th>
            <th scope="col" class="number">Size</th>
            <th scope="col" class="number">Time</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">float</th>
            <td class="number">${float.score.toFixed(4)}</td>
            <td class="number">–</td>
            <td class="number">${formatSize(float.sizeBytes)}</td>
            <td class="number">${milliseconds(float.latencyMs)}</td>
          </tr>
          ${offered && offeredRow(offered, float)}
        </tbody>
      </table>`,
    )} `;
}

function offeredRow(
  { number, stage, score, met, difference, sizeBytes, latencyMs, latencyRatio }: Trial,
  float: Baseline,
): Html {
  const size = sizeBytes === null ? '–' : `${formatSize(sizeBytes)} (${(sizeBytes / float.sizeBytes).toFixed(2)}×)`;
  const speed = latencyRatio === null ? '' : ` (${(1 / latencyRatio).toFixed(2)}× as fast)`;
  return html`<tr class="offered">
    <th scope="row">offered: trial ${number}, ${stage}</th>
    <td class="number">${score === null ? '–' : score.toFixed(4)} ${verdict(met)}</td>
    <td class="number">${interval(difference)}</td>
    <td class="number">${size}</td>
    <td class="number">${milliseconds(latencyMs)}${speed}</td>
  </tr>`;
}

function chart(float: Baseline, { header, trials }: SessionRecord, offered: Trial | null): Html {
  const drawing = scoreChart({
    trials,
    baselineScore: float.score,
    targetScore: header.goal.target,
    offered: offered?.number ?? null,
  });
  return html`<h2 id="chart">History</h2>
    ${scrolling('chart', drawing)} `;
}

function trialTable(trials: readonly Trial[], offered: Trial | null): Html {
  const rows = trials.map(
    (
      trial,
    ) => html`<tr class="${trial === offered ? 'offered' : 'other'}"><th scope="row">${trial.number}</th><td>${trial.stage}${trial === offered ? ' (offered)' : ''}</td><td>${
      trial.status === 'failed' ? html`<span class="bad">failed: ${trial.reason ?? ''}</span>` : verdict(trial.met)
    }</td><td class="number">${trial.score === null ? '–' : trial.score.toFixed(4)}</td><td class="number">${interval(trial.difference)}</td><td class="number">${trial.sizeBytes === null ? '–' : formatSize(trial.sizeBytes)}</td><td class="number">${milliseconds(trial.latencyMs)}</td><td class="number">${trial.samplesEvaluated}</td><td class="number">${trial.seconds.toFixed(2)} s</td></tr>
`,
  );
  return html`<h2 id="trials">Trials</h2>
    ${scrolling(
      'trials',
      html`<table>
        <caption>
          In the order they were tried; only models that meet the criterion are timed
        </caption>
        <thead>
          <tr>
            <th scope="col">Trial</th>
            <th scope="col">Step</th>
            <th scope="col">Criterion</th>
            <th scope="col" class="number">Score</th>
            <th scope="col" class="number">Against float, 95 %</th>
            <th scope="col" class="number">Size</th>
            <th scope="col" class="number">Time</th>
            <th scope="col" class="number">Samples</th>
            <th scope="col" class="number">Took</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
    )} `;
}

/** Ops that compute in float, by reason: the reason that most ops share first. */
function floatOps(ops: readonly OpReport[]): Html {
  const float = ops.filter(({ precision }) => precision !== 'int8');
  const groups = new Map<string, OpReport[]>();
  for (const op of float) {
    const reason = op.reason ?? 'no reason is known';
    groups.set(reason, [...(groups.get(reason) ?? []), op]);
  }
  const summary = `${ops.length - float.length} of ${ops.length} ops compute in int8.`;
  if (float.length === 0)
    return html`<h2 id="ops">Ops that stayed float</h2>
      <p>None: ${summary}</p>`;
  const rows = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(
      ([reason, members]) =>
        html`<tr>
          <th scope="row">${reason}</th>
          <td class="number">${members.length}</td>
          <td>${members.map(opName).join(', ')}</td>
        </tr> `,
    );
  return html`<h2 id="ops">Ops that stayed float</h2>
    ${scrolling(
      'ops',
      html`<table>
        <caption>
          ${summary} The weights of the others are stored compactly all the same, as said behind their names.
        </caption>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" class="number">Ops</th>
            <th scope="col">Names</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
    )} `;
}

function opName({ name, opType, precision }: OpReport): string {
  return precision === 'float32' ? `${name} (${opType})` : `${name} (${opType}, ${precision})`;
}

function configuration(yaml: string): Html {
  return html`<h2 id="yaml">Configuration of the offered model</h2>
    <p class="soft">The same as tune-config.yaml; <code>octet quantize</code> makes the same model from it.</p>
    ${scrolling('yaml', html`<pre><code>${yaml}</code></pre>`)} `;
}

function fingerprints({ record: { header, outcome }, offer }: TuneReport, offered: Trial | null): Html {
  const { model, data, runtime } = header;
  const entries: readonly (readonly [string, string])[] = [
    ['float model', `${model.name}, ${formatSize(model.sizeBytes)}, SHA-256 ${model.sha256}`],
    ...(offer ? [['int8 model', `SHA-256 ${offered?.modelSha256 ?? offer.recipe.int8Sha256}`] as const] : []),
    [
      'calibration data',
      `${data.calibration.name}, ${data.calibration.samples} samples, SHA-256 ${data.calibration.sha256}`,
    ],
    [
      'evaluation data',
      `${data.evaluation.name}, ${data.evaluation.samples} samples, SHA-256 ${data.evaluation.sha256}`,
    ],
    ['runtime', `ONNX Runtime ${runtime.version}, ${runtime.provider}, ${runtime.threads} thread`],
    ['seed', String(header.settings.tuning.randomSeed)],
    ...(outcome ? [['time', `${outcome.seconds.total.toFixed(1)} s in all`] as const] : []),
  ];
  return html`<h2>Fingerprints</h2>
    <dl>
      ${entries.map(
        ([term, text]) =>
          html`<dt>${term}</dt>
            <dd>${text}</dd> `,
      )}
    </dl>`;
}

/** A box that scrolls sideways on small screens, by keyboard too; `heading` is the id of what names it. */
function scrolling(heading: string, content: Html): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${heading}">${content}</div>`;
}

function verdict(met: boolean): Html {
  return met ? html`<span class="good">met</span>` : html`<span class="bad">missed</span>`;
}

function interval(difference: Trial['difference']): string {
  if (difference === null) return '–';
  const { mean, halfWidth } = difference;
  return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(4)} ± ${halfWidth.toFixed(4)}`;
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value.toPrecision(3)} ms`;
}
