import { load } from 'js-yaml';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkExperiment, checkObservation, Refusal, type Declared } from './contract.ts';

export interface FakeExperiment extends Declared {
  readonly id: string;
  readonly request: Record<string, unknown>;
  readonly observations: Record<string, unknown>[];
  readonly suggestions: { readonly id: string; readonly assignments: Record<string, number>; state: string }[];
}

/** What a test does to one request: answers it, or cuts the connection before or after the server has acted. */
export type Disturbance = { readonly status: number; readonly text?: string } | 'cut' | 'cut after' | null;

export const TOKEN = 'QX7-token-of-the-test-4711';
const USER_TOKEN = 'QX7-token-of-a-user';

/** A SigOpt API server in memory: no optimizer, but every rule of the contract. Ids are strings; no origin is ever admitted. */
export class FakeSigOpt {
  readonly projects = new Set<string>();
  readonly experiments: FakeExperiment[] = [];
  /** `METHOD path` of every request that was let in. */
  readonly log: string[] = [];
  /** Served before all others, for every experiment. */
  readonly scripted: Record<string, number>[] = [];
  disturb: (request: { readonly method: string; readonly path: string }) => Disturbance = () => null;
  readonly #server: Server;
  #nextId = 7;
  #state = 12345;

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async listen(port = 0): Promise<FakeSigOpt> {
    const fake = new FakeSigOpt();
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
  }

  get experiment(): FakeExperiment {
    return this.experiments[0]!;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '', 'http://fake');
    const method = request.method ?? '';
    const path = url.pathname.replace(/^\/api(?=\/v1\/)/, '');
    const disturbance = this.disturb({ method, path });
    if (disturbance === 'cut') return void request.socket.destroy();
    if (disturbance !== null && disturbance !== 'cut after')
      return send(response, disturbance.status, disturbance.text ?? '{"message":"disturbed"}');
    // As the original: it answers preflights, and admits nobody.
    if (method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
      return send(response, 204, '');
    }
    try {
      const kind = authenticate(request.headers.authorization);
      this.log.push(`${method} ${path}`);
      const result = this.#route(method, path, url.searchParams, method === 'POST' ? parse(text) : {}, kind);
      if (disturbance === 'cut after') return void request.socket.destroy();
      send(response, 200, JSON.stringify(result));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(response, error.status, JSON.stringify({ message: error.message, status: error.status }));
    }
  }

  #route(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
    kind: 'client' | 'user',
  ): unknown {
    const [, version, ...parts] = path.split('/');
    if (version !== 'v1') throw new Refusal(404, 'no such path');
    const route = `${method} ${parts.map((part) => (/^\d+$/.test(part) ? '#' : part)).join('/')}`;
    switch (route) {
      case 'GET sessions':
        return {
          object: 'session',
          api_token: { object: 'token', token_type: kind },
          client: { object: 'client', id: '1' },
        };
      case 'POST clients/#/projects':
        return this.#createProject(body);
      case 'POST experiments':
        if (kind === 'user') throw new Refusal(403, 'a user token must use /v1/clients/{client}/experiments');
        return this.#createExperiment(body);
      case 'POST clients/#/experiments':
        return this.#createExperiment(body);
      case 'POST experiments/#/suggestions':
        return this.#suggest(this.#experiment(parts[1]), body);
      case 'DELETE experiments/#/suggestions':
        return this.#drop(this.#experiment(parts[1]), query);
      case 'POST experiments/#/observations':
        return this.#observe(this.#experiment(parts[1]), body);
      case 'GET experiments/#/observations':
        return page(this.#experiment(parts[1]), query);
      default:
        throw new Refusal(404, `no such path: ${route}`);
    }
  }

  #experiment(id: string | undefined): FakeExperiment {
    const found = this.experiments.find((each) => each.id === id);
    if (found === undefined) throw new Refusal(404, 'no such experiment');
    return found;
  }

  #createProject({ name, id, ...more }: Record<string, unknown>): unknown {
    if (Object.keys(more).length > 0) throw new Refusal(400, `unknown keys ${Object.keys(more).join()}`);
    if (typeof name !== 'string' || typeof id !== 'string' || !/^[a-z0-9\-_.]+$/.test(id))
      throw new Refusal(400, 'bad project');
    if (this.projects.has(id)) throw new Refusal(409, `project ${id} exists`);
    this.projects.add(id);
    return { object: 'project', id, name };
  }

  #createExperiment(body: Record<string, unknown>): unknown {
    const declared = checkExperiment(body, this.projects);
    const id = String(this.#nextId++);
    this.experiments.push({ id, request: body, observations: [], suggestions: [], ...declared });
    return { object: 'experiment', id, client: '1', state: 'active', ...body };
  }

  #suggest(experiment: FakeExperiment, body: Record<string, unknown>): unknown {
    if (Object.keys(body).length > 0) throw new Refusal(400, 'unexpected keys');
    const assignments =
      this.scripted.shift() ??
      Object.fromEntries(
        [...experiment.bounds].map(([name, { min, max }]) => [name, min + this.#below(max - min + 1)]),
      );
    const suggestion = { id: String(this.#nextId++), assignments, state: 'open' };
    experiment.suggestions.push(suggestion);
    return { object: 'suggestion', experiment: experiment.id, metadata: null, deleted: false, ...suggestion };
  }

  #drop(experiment: FakeExperiment, query: URLSearchParams): unknown {
    if (query.get('state') !== 'open') throw new Refusal(400, 'only open suggestions can be deleted');
    for (const each of experiment.suggestions) if (each.state === 'open') each.state = 'deleted';
    return {};
  }

  #observe(experiment: FakeExperiment, body: Record<string, unknown>): unknown {
    const suggestion = experiment.suggestions.find(({ id }) => id === String(body['suggestion']));
    checkObservation(body, experiment, suggestion);
    if (suggestion !== undefined) suggestion.state = 'closed';
    const observation = {
      object: 'observation',
      id: String(this.#nextId++),
      ...body,
      assignments: suggestion?.assignments ?? body['assignments'],
    };
    experiment.observations.push(observation);
    return observation;
  }

  #below(bound: number): number {
    this.#state = (this.#state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((this.#state / 2 ** 31) * bound);
  }
}

function authenticate(header: string | undefined): 'client' | 'user' {
  if (header === undefined) throw new Refusal(401, 'no token');
  const text = Buffer.from(/^Basic (.+)$/.exec(header)?.[1] ?? '', 'base64').toString();
  if (text === `${TOKEN}:`) return 'client';
  if (text === `${USER_TOKEN}:`) return 'user';
  // The original does not repeat the token; a careless proxy might.
  throw new Refusal(403, `invalid token ${text.slice(0, -1)}`);
}

/** JSON as the server takes it: no NaN, no key twice. */
function parse(text: string): Record<string, unknown> {
  try {
    // YAML is a superset of JSON that refuses duplicate keys.
    load(text);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw new Refusal(400, 'invalid JSON');
}

/** Newest first; small pages, so that clients must turn them. */
function page({ observations }: FakeExperiment, query: URLSearchParams): unknown {
  const limit = Math.min(2, Number(query.get('limit') ?? 1000));
  if (Number(query.get('limit')) > 1000) throw new Refusal(400, 'limit is at most 1000');
  const before = query.get('before');
  const all = observations.toReversed();
  const from = before === null ? 0 : all.findIndex(({ id }) => id === before) + 1;
  const data = all.slice(from, from + limit);
  const last = data.at(-1);
  const more = from + limit < all.length && last !== undefined;
  return { object: 'pagination', count: all.length, data, paging: { before: more ? last['id'] : null, after: null } };
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(text);
}
