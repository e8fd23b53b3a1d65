import { render } from 'svelte/server';
import App from './ui/App.svelte';

/** The start page as it is while nothing is known of browser and sessions: the build puts it into the document, the page itself takes its place. */
export async function firstPaint(): Promise<string> {
  return (await render(App)).body;
}
