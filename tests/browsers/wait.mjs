import { createServer } from 'node:net';

/** The key under which WebDriver hands out an element. */
export const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Tries until it does not throw, for half a minute: browsers take seconds to listen, and to write a download. */
export async function patiently(act) {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (cause) {
      if (tries === 300) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
