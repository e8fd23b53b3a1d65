import { readdirSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installDependencies, root, run } from '../../src/cli/install.mjs';

/**
 * `npm run bench -- cases CASES`: tunes every case folder and prints what it took; `npm run bench -- strategies CASES`: the same for every
 * strategy and seed; `npm run bench -- parts`: times of the
 * parts that have a goal; `npm run bench -- quantizer CASES PEER`: the quantizer beside what tests/peers/ort_static.py has written; `npm run bench -- large`: 5000 nodes and 500 MB of weights; `npm run bench -- first-minute`: from the click on the demo to the first int8 model. One at a time, on an idle machine. CASES: folders with model.onnx, calib.npz, eval.npz, config.yaml.
 */
const [what = 'parts', given, ...more] = process.argv.slice(2);
installDependencies();
const { build, runnerImport } = await import('vite');

/**
 * Calls a function of a bench built as it would ship, in a process of its own: vite's module runner calls every import through a
 * getter, which doubles the time of tight loops, and vite itself takes 200 MB.
 */
async function runBuilt(name, call, ...values) {
  const outDir = join(root, 'node_modules/.octet-bench');
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: { ssr: true, target: 'node20', outDir, rollupOptions: { input: { [name]: `tests/bench/${name}.ts` } } },
  });
  const url = pathToFileURL(join(outDir, `${name}.js`)).href;
  const script = `const bench = await import(${JSON.stringify(url)}); await bench.${call}(...${JSON.stringify(values)});`;
  run('node', ['--input-type=module', '-e', script], { stdio: 'inherit' });
}

if (what === 'parts') {
  await runBuilt('parts', 'benchParts');
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
  await runBuilt('quantizer', 'benchQuantizer', resolve(given), resolve(more[0]));
} else if (what === 'first-minute') {
  const { benchFirstMinute } = await import('./first-minute.mjs');
  await benchFirstMinute();
} else if (what === 'large') {
  await runBuilt('large', 'benchLarge');
} else if (what === 'onnx-models' && given) {
  const { module } = await runnerImport(join(root, 'tests/peers/onnx-models.ts'));
  module.checkOnnxModels(resolve(given));
} else {
  console.error(
    'usage: npm run bench -- parts | first-minute | large | onnx-models FOLDER | quantizer FOLDER PEER | cases FOLDER | strategies FOLDER [RESULTS.jsonl [STRATEGY,…]]',
  );
  process.exitCode = 2;
}
