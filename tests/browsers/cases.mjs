const LENET = new URL('../fixtures/lenet/', import.meta.url).pathname;
/** The word that is there once a session has ended, and what it came to. */
const ENDED = /More downloads/;
const DOWNLOADS = ['Report', 'YAML', 'Recipe', 'Python script', 'History', 'Trials as CSV'];

/** Demo, reload after the first trial, resume, result, reload, the finished session opened from the list. */
async function demo(page) {
  await page.says(/Try the demo/);
  await page.press('Try the demo');
  await page.says(/\n0\s+weight storage/);
  await page.open();
  await page.says(/Unfinished/);
  await page.press('Resume');
  const verdict = await result(page);
  await page.open();
  await page.says(/Finished/);
  await page.press('Open');
  await page.says(ENDED);
  return `${verdict}; resumed after a reload, and opened again`;
}

/** A model and data from the disk, nothing set; what is downloaded is the model that is offered. */
async function ownFiles(page) {
  await page.says(/Your own files/);
  await page.choose('Model', `${LENET}model.onnx`);
  await page.choose('Evaluation data', `${LENET}eval.npz`);
  await page.choose('Calibration data', `${LENET}calib.npz`);
  await page.press('Start tuning');
  const verdict = await result(page);
  await page.press('Download int8 model');
  const { length } = await page.downloaded('model.int8.onnx');
  if (length < 1000) throw new Error(`The downloaded model has ${length} bytes`);
  await page.press('Copy share link');
  // The copy may take a moment longer; some browsers leave it to the user.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const copied = await page.says(/Copied to the clipboard|Copy this link/);
  return `${verdict}; ${length} bytes downloaded; share link: “${copied}”`;
}

/** By the keyboard: in pages with larger pixels WebKitWebDriver's mouse misses. */
async function narrow(page) {
  await page.says(/Try the demo/);
  await page.enter('Try the demo');
  const verdict = await result(page);
  const [inner, wide] = await page.run('return [innerWidth, document.documentElement.scrollWidth]');
  if (inner !== 360) throw new Error(`The window is ${inner} px wide`);
  if (wide > inner) throw new Error(`The page is ${wide} px wide in a window of ${inner} px`);
  return `${verdict}; ${inner} px wide`;
}

/** Nothing is kept: no reload. */
async function unkept(page) {
  await page.says(/Try the demo/);
  await page.press('Try the demo');
  const verdict = await result(page);
  return `${await page.says(/This browser keeps nothing for this page/)}; ${verdict}`;
}

function lacks(what) {
  return (page) => page.says(what);
}

/** The headline of the verdict; every download must be there. */
async function result(page) {
  await page.says(ENDED);
  const buttons = await page.run(
    'return [...document.querySelectorAll("button")].map((each) => each.textContent.trim())',
  );
  const missing = ['Download int8 model', 'Copy share link', ...DOWNLOADS].filter((name) => !buttons.includes(name));
  if (missing.length > 0) throw new Error(`There is no button ${missing.join(', ')}`);
  const [headline] = await page.run('return [...document.querySelectorAll("h1")].map((each) => each.innerText)');
  return headline;
}

const EVERYWHERE = [
  { name: 'as it comes', act: demo },
  { name: 'own files', act: ownFiles },
];

export const CASES = {
  firefox: [
    ...EVERYWHERE,
    { name: 'narrow', width: 360, act: narrow },
    { name: 'private window', settings: { 'browser.privatebrowsing.autostart': true }, act: demo },
    { name: 'cookies and storage refused', settings: { 'network.cookie.cookieBehavior': 2 }, act: unkept },
    { name: 'no WebAssembly', settings: { 'javascript.options.wasm': false }, act: lacks(/lacks WebAssembly/) },
  ],
  webkit: [
    ...EVERYWHERE,
    // Its windows are 447 px wide at least: larger pixels make that 360.
    { name: 'narrow', width: 450, settings: { GDK_DPI_SCALE: '1.25' }, act: narrow },
    { name: 'no WebAssembly', settings: { JSC_useWasm: '0' }, act: lacks(/lacks WebAssembly\./) },
    { name: 'no SIMD', settings: { JSC_useWasmSIMD: '0' }, act: lacks(/lacks WebAssembly with SIMD/) },
  ],
};
