import { Command } from 'commander';
import { Fault } from '../base/fault.ts';
import { fullEvaluations } from '../history/full-evaluations.ts';
import { historyDocument } from '../history/history-document.ts';
import { holdOutScores, holdOutVerdict } from '../history/hold-out-words.ts';
import { trialsCsv } from '../history/trials-csv.ts';
import { FolderStore } from './folder-store.ts';
import { baselineLine, printResult, trialLine } from './output.ts';

export function historyCommand(): Command {
  return new Command('history')
    .description('prints the trials of an output folder, of a finished session or an unfinished one')
    .argument('<folder>', 'the --output of octet tune')
    .option('--csv', 'one row per trial as CSV')
    .option('--json', 'the whole history as one JSON object of type result')
    .action(runHistory);
}

async function runHistory(folder: string, { csv, json }: { csv?: boolean; json?: boolean }): Promise<void> {
  const record = await new FolderStore(folder, true).load();
  if (!record) {
    throw new Fault('file-unreadable', {
      message: 'The folder holds no session',
      file: folder,
      accepted: 'the --output of octet tune, with its journal.jsonl',
      next: 'Check the path.',
    });
  }
  if (json) return printResult(historyDocument(record));
  if (csv) return void process.stdout.write(trialsCsv(record));
  const { header, baseline, trials, outcome } = record;
  const { strategy } = header.settings.tuning;
  const cost = `${trials.length} trials, as much as ${fullEvaluations(record).toFixed(1)} full evaluations`;
  const lines = [
    `${header.model.name}, ${strategy.name} strategy, begun ${header.startedAt}, ${outcome?.stopReason ?? 'not finished'}`,
    ...(baseline ? [baselineLine({ baseline: baseline.baseline, goal: header.goal })] : []),
    ...trials.map((trial) => `${trialLine(trial)}${marks(trial.number, outcome)}`),
    cost,
    ...(outcome?.holdOut ? [holdOutVerdict(outcome.holdOut), holdOutScores(outcome.holdOut)] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function marks(number: number, outcome: { best: number | null; pareto?: readonly number[] } | null): string {
  const words = [
    ...(outcome?.best === number ? ['offered'] : []),
    ...(outcome?.pareto?.includes(number) ? ['Pareto'] : []),
  ];
  return words.length === 0 ? '' : ` [${words.join(', ')}]`;
}
