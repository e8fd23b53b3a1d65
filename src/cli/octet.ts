import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { FAULT_EXIT_CODES } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import { evaluateCommand } from './evaluate.ts';
import { inspectCommand } from './inspect.ts';
import { quantizeCommand } from './quantize.ts';
import { tuneCommand } from './tune.ts';

const program = new Command('octet')
  .description('Tunes ONNX models to int8.')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .addCommand(tuneCommand())
  .addCommand(quantizeCommand())
  .addCommand(evaluateCommand())
  .addCommand(inspectCommand());
for (const command of program.commands) command.exitOverride().configureOutput({ outputError: () => undefined });

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

/** Exit code for what was thrown, which is explained on stderr; never a stack trace. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    const message = thrown.message.replace(/^error: /, '');
    console.error(new Fault('usage', { message, next: 'octet --help lists verbs and options.' }).explain());
    return FAULT_EXIT_CODES.usage;
  }
  const fault = Fault.from(thrown);
  console.error(fault.explain());
  return FAULT_EXIT_CODES[fault.code];
}
