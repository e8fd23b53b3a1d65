/** The layer rule of src/README.md: a folder of src/ imports only from the folders listed for it. */
const mayImport = {
  base: [],
  onnx: ['base'],
  data: ['base'],
  metrics: ['base'],
  quantize: ['base', 'onnx'],
  runtime: ['base', 'onnx'],
  tuning: ['base'],
  history: ['base'],
  engine: ['base', 'onnx', 'data', 'metrics', 'quantize', 'tuning', 'runtime', 'history'],
  bridge: ['base'],
  ui: ['base', 'bridge', 'history'],
  cli: ['base', 'onnx', 'data', 'metrics', 'quantize', 'tuning', 'runtime', 'history', 'engine', 'bridge'],
};
/** Layers of which only the types may be imported: what a contract is made of, none of its code. */
const mayImportTypes = {
  tuning: ['onnx', 'quantize'],
  history: ['tuning', 'quantize', 'onnx'],
  bridge: ['engine', 'tuning', 'history'],
  ui: ['tuning', 'engine', 'quantize'],
};
const test = '\\.test\\.ts$|/testing/';

module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      comment: `src/${layer} may import code from: ${allowed.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: test },
      to: {
        path: '^(src|workers)/',
        pathNot: [layer, ...allowed].map((name) => `^src/${name}/`),
        dependencyTypesNot: mayImportTypes[layer] ? ['type-only'] : [],
      },
    })),
    ...Object.entries(mayImportTypes).map(([layer, types]) => ({
      name: `layer-${layer}-types`,
      comment: `src/${layer} may import types from: ${types.join(', ')}`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: test },
      to: {
        path: '^(src|workers)/',
        pathNot: [layer, ...mayImport[layer], ...types].map((name) => `^src/${name}/`),
        dependencyTypes: ['type-only'],
      },
    })),
    {
      name: 'ort-only-in-runtime',
      comment: 'Only src/runtime imports an ONNX Runtime package',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: ['^src/runtime/', test] },
      to: { path: 'onnxruntime' },
    },
    {
      name: 'comlink-only-in-bridge',
      comment: 'Comlink stays behind src/bridge',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/bridge/'] },
      to: { path: 'node_modules/comlink' },
    },
    {
      name: 'testing-only-in-tests',
      comment: 'What lies in a testing folder serves tests alone',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: test },
      to: { path: '/testing/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default'] },
  },
};
