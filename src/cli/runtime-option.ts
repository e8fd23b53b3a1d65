import { InvalidArgumentError, Option } from 'commander';
import { Fault } from '../base/fault.ts';

/** `--runtime`: `wasm` is the one there is. Throws `usage` for `native`, which the contract names and no build has yet. */
export function runtimeOption(): Option {
  return new Option('--runtime <name>', 'what runs the models: wasm, the runtime of the page')
    .default('wasm')
    .argParser((name) => {
      if (name === 'wasm') return name;
      if (name !== 'native') throw new InvalidArgumentError('It must be wasm.');
      throw new Fault('usage', {
        message: 'The native runtime is not built in yet',
        place: '--runtime native',
        accepted: 'wasm',
        next: 'Leave --runtime out: the WASM runtime gives the scores that visitors of a page get.',
      });
    });
}
