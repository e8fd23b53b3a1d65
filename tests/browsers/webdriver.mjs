import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ELEMENT, freePort, patiently } from './wait.mjs';

/**
 * WebKitGTK's MiniBrowser in a window of its own, driven by WebKitWebDriver over HTTP. It needs a display: `xvfb-run` gives one.
 * What it keeps is gone when it closes, as in a private window: WebKit gives driven sessions nothing else.
 */
export async function startWebKit(program = 'WebKitWebDriver', environment = {}) {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), 'octet-webkit-'));
  const child = spawn(program, [`--port=${port}`], {
    stdio: 'ignore',
    // Machines without a graphics card share no buffers with one.
    env: { ...process.env, WEBKIT_DISABLE_DMABUF_RENDERER: '1', HOME: home, XDG_DOWNLOAD_DIR: home, ...environment },
  });
  const failed = new Promise((_, reject) => child.on('error', reject));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  await Promise.race([failed, patiently(() => call('GET', '/status'))]);
  const { sessionId, capabilities } = await call('POST', '/session', { capabilities: {} });
  const session = `/session/${sessionId}`;
  const find = async (selector) =>
    (await call('POST', `${session}/element`, { using: 'css selector', value: selector }))[ELEMENT];
  return {
    name: `WebKitGTK ${capabilities.browserVersion}`,
    go: (url) => call('POST', `${session}/url`, { url }),
    run: (script, ...args) => call('POST', `${session}/execute/sync`, { script, args }),
    click: async (selector) => call('POST', `${session}/element/${await find(selector)}/click`, {}),
    type: async (selector, text) => call('POST', `${session}/element/${await find(selector)}/value`, { text }),
    resize: (width, height) => call('POST', `${session}/window/rect`, { width, height }),
    screenshot: async () => Buffer.from(await call('GET', `${session}/screenshot`), 'base64'),
    downloaded: (name) => patiently(() => readFile(join(home, name))),
    async close() {
      await call('DELETE', session);
      child.kill();
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}
