import { formatSize } from '../base/format-size.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { TuneEvent } from '../engine/events.ts';
import { fullEvaluations } from '../history/full-evaluations.ts';
import { holdOutScores } from '../history/hold-out-words.ts';
import { preprocessingSentence } from '../history/preprocessing.ts';
import { effectText, sensitivityOf } from '../history/sensitivity.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { Trial } from '../tuning/types.ts';

/** Where a verb's progress goes: stderr for people, or one JSON object per event on stdout. */
export interface Output {
  event(event: TuneEvent): void;
  /** Ends a progress line, if one is open. */
  close(): void;
}

/** `--json`: events on stdout; else a bar that is drawn over on a terminal, lines elsewhere, on stderr. */
export function openOutput(json: boolean): Output {
  return json ? jsonOutput() : textOutput(process.stderr);
}

/** The last line of a verb run with `--json`. */
export function printResult(result: object): void {
  process.stdout.write(`${JSON.stringify({ type: 'result', ...result })}\n`);
}

function jsonOutput(): Output {
  return { event: (event) => process.stdout.write(`${JSON.stringify(event)}\n`), close: () => undefined };
}

function textOutput(stream: NodeJS.WriteStream): Output {
  let open = false;
  const close = (): void => {
    if (open) stream.write('\r\u001b[K');
    open = false;
  };
  const line = (text: string): void => {
    close();
    stream.write(`${text}\n`);
  };
  return {
    close,
    event(event) {
      if (event.type === 'stage') line(`${event.detail} …`);
      else if (event.type === 'warning') line(warningLine(event.warning));
      else if (event.type === 'preprocessing') line(preprocessingSentence(event.preprocessing));
      else if (event.type === 'baseline') line(baselineLine(event));
      else if (event.type === 'trial') line(trialLine(event.trial));
      else if (event.type === 'progress' && stream.isTTY) {
        close();
        stream.write(`  ${bar(event.share)} ${event.detail}${timeLeft(event.secondsLeft)}`);
        open = true;
      }
    },
  };
}

function warningLine({ code, message, place }: Warning): string {
  return `warning: ${place === undefined ? '' : `${place}: `}${message} [${code}]`;
}

export function baselineLine({ baseline, goal }: Omit<Extract<TuneEvent, { type: 'baseline' }>, 'type'>): string {
  const { score, latencyMs, sizeBytes } = baseline;
  return `float: score ${score.toFixed(4)}, needed ${goal.target.toFixed(4)}, ${latencyMs.toFixed(2)} ms, ${formatSize(sizeBytes)}`;
}

export function trialLine({ number, stage, status, score, met, sizeBytes, latencyRatio, reason }: Trial): string {
  if (status === 'failed') return `trial ${number} (${stage}): failed: ${reason ?? ''}`;
  const speed = latencyRatio === null ? '' : `, ${(1 / latencyRatio).toFixed(2)}× the float speed`;
  return `trial ${number} (${stage}): score ${score?.toFixed(4) ?? '–'} ${met ? 'meets' : 'misses'} the criterion, ${formatSize(sizeBytes ?? 0)}${speed}`;
}

/** What a tuning ended with; `files` lie in `folder`. */
export function resultLines(
  { record, offer, explanation }: TuneReport,
  folder: string,
  files: readonly string[],
): string {
  const trial = record.trials.find(({ number }) => number === offer?.trial);
  const float = record.baseline?.baseline;
  const written = `Written to ${folder}: ${files.join(', ')}\n`;
  if (!trial || !float) return `${explanation}\nNo model is offered.\n${written}`;
  const share = ((trial.sizeBytes ?? 0) / float.sizeBytes).toFixed(2);
  const cost = `search: as much as ${fullEvaluations(record).toFixed(1)} full evaluations in ${counted(record.trials.length)}`;
  const { pareto = [] } = record.outcome ?? {};
  const trade = pareto.length > 1 ? `Pareto set (score, latency, size): trials ${pareto.join(', ')}\n` : '';
  const { holdOut } = record.outcome ?? {};
  const heldOut = holdOut ? `${holdOutScores(holdOut)}\n` : '';
  return `${explanation}\n${heldOut}${cost}\n${trade}${sensitivityLine(record)}offered: ${trialLine(trial)} (${share}× the float size)\n${written}`;
}

/** The ops that hurt most; nothing where it was not measured. */
function sensitivityLine(record: TuneReport['record']): string {
  const ops = sensitivityOf(record)?.ops ?? [];
  if (ops.length === 0) return '';
  const worst = ops.slice(0, 3).map(({ op, divergence }) => `${op} (${effectText(divergence)})`);
  return `most sensitive in int8: ${worst.join(', ')}\n`;
}

function counted(trials: number): string {
  return `${trials} ${trials === 1 ? 'trial' : 'trials'}`;
}

function bar(share: number): string {
  const width = 24;
  const full = Math.round(share * width);
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`;
}

function timeLeft(between: readonly [number, number] | null): string {
  if (between === null) return '';
  const [least, most] = between.map((seconds) =>
    seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`,
  );
  return `, ${least === most ? most : `${least} to ${most}`} left`;
}
