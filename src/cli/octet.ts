import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { FAULT_EXIT_CODES } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import { evaluateCommand } from './evaluate.ts';
import { historyCommand } from './history.ts';
import { inspectCommand } from './inspect.ts';
import { proxyCommand } from './proxy.ts';
import { quantizeCommand } from './quantize.ts';
import { replayCommand } from './replay.ts';
import { tuneCommand } from './tune.ts';

const program = new Command('octet')
  .description('Tunes ONNX models to int8, and keeps their accuracy. Nothing leaves this machine.')
  .version(version)
  .addCommand(tuneCommand())
  .addCommand(quantizeCommand())
  .addCommand(evaluateCommand())
  .addCommand(inspectCommand())
  .addCommand(replayCommand())
  .addCommand(historyCommand())
  .addCommand(proxyCommand())
  .addHelpText('after', '\noctet VERB --help tells more of a verb.');
for (const command of [program, ...program.commands]) {
  command.exitOverride().configureOutput({ outputError: () => undefined });
}

// A reader that has seen enough (`octet tune --json … | head`) is no fault of the run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

/** Exit code for what was thrown, which is explained on stderr; never a stack trace. */
function report(thrown: unknown): number {
  const fault = thrown instanceof CommanderError ? usageFault(thrown) : Fault.from(thrown);
  if (!fault) return 0;
  console.error(fault.explain());
  return FAULT_EXIT_CODES[fault.code];
}

/** Null where help or the version was asked for. */
function usageFault({ exitCode, code, message }: CommanderError): Fault | null {
  if (exitCode === 0) return null;
  if (code === 'commander.help') return new Fault('usage', { message: 'A verb is missing' });
  const verb = program.commands.find((command) => command.name() === process.argv[2])?.name();
  const listed = verb ? `octet ${verb} --help lists its options` : 'octet --help lists the verbs';
  const order = code === 'commander.missingArgument' ? '; put files before the options' : '';
  return new Fault('usage', { message: sentence(message), next: `${listed}${order}.` });
}

function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
