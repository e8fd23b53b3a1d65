/** ONNX Runtime's own factory; leaves the instance that it makes where shared-wasm.ts finds it. */
export default async (config) => {
  const shared = globalThis.octetOrtWasm;
  const { default: create } = await import(/* @vite-ignore */ shared.factoryUrl);
  return (shared.instance = await create(config));
};
