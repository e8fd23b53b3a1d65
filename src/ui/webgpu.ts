/** What is used of WebGPU; TypeScript's libraries do not have it. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** Why models cannot run on WebGPU in this browser, in words; null where they can. */
export async function webgpuObstacle(): Promise<string | null> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  if (!gpu) return 'This browser has no WebGPU, or the page is not served over HTTPS.';
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter ? null : 'WebGPU finds no graphics processor here that it supports.';
}
