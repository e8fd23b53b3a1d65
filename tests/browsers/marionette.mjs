import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ELEMENT, freePort, patiently } from './wait.mjs';

/** A headless Firefox with a profile of its own, driven by its Marionette protocol (as geckodriver does): any release will do. */
export async function startFirefox(program = 'firefox', preferences = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'octet-firefox-'));
  const port = await freePort();
  const all = {
    'marionette.port': port,
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'app.update.disabledForTesting': true,
    'browser.download.folderList': 2,
    'browser.download.dir': profile,
    'toolkit.legacyUserProfileCustomizations.stylesheets': true,
    ...preferences,
  };
  const lines = Object.entries(all).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  // Windows are at least 500 px wide otherwise.
  await mkdir(join(profile, 'chrome'));
  await writeFile(join(profile, 'chrome', 'userChrome.css'), ':root { min-width: 0 !important; }');
  const child = spawn(program, ['--headless', '--marionette', '--no-remote', '--profile', profile], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const connection = await patiently(() => open(port));
  const { capabilities } = await connection.send('WebDriver:NewSession', { capabilities: {} });
  const find = async (selector) =>
    (await connection.send('WebDriver:FindElement', { using: 'css selector', value: selector })).value[ELEMENT];
  return {
    name: `Firefox ${capabilities.browserVersion}`,
    go: (url) => connection.send('WebDriver:Navigate', { url }),
    run: async (script, ...args) => (await connection.send('WebDriver:ExecuteScript', { script, args })).value,
    click: async (selector) => connection.send('WebDriver:ElementClick', { id: await find(selector) }),
    type: async (selector, text) => connection.send('WebDriver:ElementSendKeys', { id: await find(selector), text }),
    resize: (width, height) => connection.send('WebDriver:SetWindowRect', { width, height }),
    screenshot: async () =>
      Buffer.from((await connection.send('WebDriver:TakeScreenshot', { full: true })).value, 'base64'),
    downloaded: (name) => patiently(() => readFile(join(profile, name))),
    async close() {
      connection.end();
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Messages are `length:JSON`; answers come in order of their numbers. */
function open(port) {
  return new Promise((resolve, reject) => {
    const waiting = new Map();
    let buffer = Buffer.alloc(0);
    let number = 0;
    const socket = connect(port, '127.0.0.1').on('error', reject);
    const send = (name, parameters) =>
      new Promise((done, failed) => {
        const text = JSON.stringify([0, ++number, name, parameters]);
        waiting.set(number, { done, failed });
        socket.write(`${Buffer.byteLength(text)}:${text}`);
      });
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const colon = buffer.indexOf(':');
        const length = Number(buffer.subarray(0, Math.max(0, colon)).toString());
        if (colon < 0 || buffer.length < colon + 1 + length) return;
        const message = JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString());
        buffer = buffer.subarray(colon + 1 + length);
        if (!Array.isArray(message)) {
          resolve({ send, end: () => socket.destroy() });
          continue;
        }
        const [, id, fault, value] = message;
        const call = waiting.get(id);
        waiting.delete(id);
        if (fault) call?.failed(new Error(`${fault.error}: ${fault.message}`));
        else call?.done(value);
      }
    });
  });
}
