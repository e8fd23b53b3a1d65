import { mount } from 'svelte';
import App from './ui/App.svelte';
import { obstacle, type Scope } from './ui/browser-needs.ts';
import './ui/theme.css';

const target = document.querySelector('#app');
const refusal = obstacle(globalThis as unknown as Scope);
// The build has put the start page into the document already; the same page takes its place within one frame.
target?.replaceChildren();
if (target && refusal === null) mount(App, { target });
else if (target) {
  const words = document.createElement('p');
  words.setAttribute('role', 'alert');
  words.className = 'missing-features';
  words.textContent = refusal;
  target.append(words);
}

// After the first paint. Without it the page works, but not offline: a browser may refuse it (private windows, plain http).
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register('./offline.worker.js').catch(() => undefined));
}
