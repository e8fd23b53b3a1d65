/** The files of this build, filled in by vite.config.ts: addresses relative to the page, and a digest of all of them. */
declare const __OCTET_FILES__: readonly string[];
/** Files that few need and that are large: kept once they have been asked for. */
declare const __OCTET_ON_DEMAND__: readonly string[];
declare const __OCTET_VERSION__: string;

/** What is used of the types in TypeScript's webworker library, which cannot be loaded beside its DOM library. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/**
 * The service worker: keeps the built page, so that it opens and tunes without a network. A build's files are kept together
 * and served together. A new version waits until no page of the old one is open: it never takes files from under a run.
 */
const PREFIX = 'octet-page-';
const NAME = PREFIX + __OCTET_VERSION__;
const home = new URL('./', self.location.href).href;
const addresses = (names: readonly string[]): Set<string> => new Set(names.map((file) => new URL(file, home).href));
const files = addresses(__OCTET_FILES__);
const onDemand = addresses(__OCTET_ON_DEMAND__);

async function keep(cache: Cache, file: string): Promise<void> {
  // By far the largest file, named by its digest: an update does not load it again. Scripts come with a policy that may change.
  const known = file.endsWith('.wasm') ? await caches.match(file, { ignoreVary: true }) : undefined;
  const response = known ?? (await fetch(file, { cache: 'no-cache' }));
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  // As it came, with the policy and isolation headers of its server.
  await cache.put(file, response);
}

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await Promise.all([...files].map((file) => keep(cache, file)));
  // Those that an older version has been asked for are wanted.
  for (const file of onDemand) if (await caches.match(file, { ignoreVary: true })) await keep(cache, file);
}

async function dropOldVersions(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The address under which a request's answer is kept, if it is one of the page's files. */
function keptAs({ method, mode, url }: Request): string | null {
  if (method !== 'GET') return null;
  const { origin, pathname } = new URL(url);
  const file = origin + pathname;
  if (mode === 'navigate' && (file === home || file === `${home}index.html`)) return home;
  return files.has(file) || onDemand.has(file) ? file : null;
}

async function answer(file: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  // A browser short of space may have dropped it.
  const kept = await cache.match(file, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (onDemand.has(file) && response.ok) await cache.put(file, response.clone());
  return response;
}

self.addEventListener('install', (event) => (event as ExtendableEvent).waitUntil(install()));
self.addEventListener('activate', (event) => (event as ExtendableEvent).waitUntil(dropOldVersions()));
self.addEventListener('fetch', (event) => {
  const { request } = event as FetchEvent;
  const file = keptAs(request);
  if (file !== null) (event as FetchEvent).respondWith(answer(file, request));
});
