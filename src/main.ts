import { mount } from 'svelte';
import App from './ui/App.svelte';
import './ui/theme.css';

const target = document.querySelector('#app');
if (target) mount(App, { target });

// After the first paint. Without it the page works, but not offline: a browser may refuse it (private windows, plain http).
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register('./offline.worker.js').catch(() => undefined));
}
