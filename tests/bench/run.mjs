import { readdirSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installDependencies, root, run } from '../../src/cli/install.mjs';

/**
 * `npm run bench -- cases CASES`: tunes every case folder and prints what it took; `npm run bench -- strategies CASES`: the same for every
 * strategy and seed; `npm run bench -- parts`: times of the
 * parts that have a goal; `npm run bench -- quantizer CASES PEER`: the quantizer beside what tests/peers/ort_static.py has written; `npm run bench -- large`: 5000 nodes and 500 MB of weights; `npm run bench -- first-minute`: from the click on the demo to the first int8 model. One at a time, on an idle machine. CASES: folders with model.onnx, calib.npz, eval.npz, config.yaml.
 */
const [what = 'parts', given, ...more] = process.argv.slice(2);
installDependencies();
const { runnerImport } = await import('vite');

if (what === 'parts') {
  const { module } = await runnerImport(join(root, 'tests/bench/parts.ts'));
  await module.benchParts();
} else if (what === 'cases' && given) {
  const folder = resolve(given);
  const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'model.onnx')));
  run('node', ['src/cli/build.mjs']);
  const { module } = await runnerImport(join(root, 'tests/bench/cases.ts'));
  await module.benchCases(folder, cases);
} else if (what === 'strategies' && given) {
  const folder = resolve(given);
  const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'model.onnx')));
  const [results = join(root, 'tests/bench/strategies.jsonl'), only = ''] = more;
  run('node', ['src/cli/build.mjs']);
  const { module } = await runnerImport(join(root, 'tests/bench/strategies.ts'));
  await module.benchStrategies(folder, cases, resolve(results), only.split(',').filter(Boolean));
} else if (what === 'quantizer' && given && more[0]) {
  const { module } = await runnerImport(join(root, 'tests/bench/quantizer.ts'));
  await module.benchQuantizer(resolve(given), resolve(more[0]));
} else if (what === 'first-minute') {
  const { benchFirstMinute } = await import('./first-minute.mjs');
  await benchFirstMinute();
} else if (what === 'large') {
  const { module } = await runnerImport(join(root, 'tests/bench/large.ts'));
  module.benchLarge();
} else if (what === 'onnx-models' && given) {
  const { module } = await runnerImport(join(root, 'tests/peers/onnx-models.ts'));
  module.checkOnnxModels(resolve(given));
} else {
  console.error(
    'usage: npm run bench -- parts | first-minute | large | onnx-models FOLDER | quantizer FOLDER PEER | cases FOLDER | strategies FOLDER [RESULTS.jsonl [STRATEGY,…]]',
  );
  process.exitCode = 2;
}
