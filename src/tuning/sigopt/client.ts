import { Fault } from '../../base/fault.ts';
import type { HttpReply, HttpRequest } from '../../base/http.ts';
import type { Rng } from '../../base/rng.ts';
import type { ServiceAccess } from '../types.ts';
import { refusal, unexpected, unreachable, type CallSite } from './faults.ts';

export interface Parameter {
  readonly name: string;
  readonly type: 'int';
  /** Both inclusive; min must be below max. */
  readonly bounds: { readonly min: number; readonly max: number };
}

/** A constraint needs a threshold, and the experiment then a budget. */
export type ExperimentMetric = {
  readonly name: string;
  readonly objective: 'maximize' | 'minimize';
} & ({ readonly strategy: 'constraint'; readonly threshold: number } | { readonly strategy: 'optimize' });

/** Names have at most 100 characters, metadata at most 500 in all. */
export interface ExperimentRequest {
  readonly name: string;
  readonly project?: string;
  /** The server does not enforce it. */
  readonly observation_budget: number;
  readonly parallel_bandwidth: 1;
  readonly parameters: readonly Parameter[];
  readonly metrics: readonly ExperimentMetric[];
  readonly metadata: Readonly<Record<string, string>>;
}

export type Assignments = Readonly<Record<string, number>>;

export interface Suggestion {
  readonly id: string;
  readonly assignments: Assignments;
}

/** Of all declared metrics, finite. */
export interface MetricValue {
  readonly name: string;
  readonly value: number;
  readonly value_stddev?: number;
}

export type ObservationRequest = ({ readonly suggestion: string } | { readonly assignments: Assignments }) &
  ({ readonly values: readonly MetricValue[] } | { readonly failed: true }) & {
    readonly metadata: { readonly trial: number; readonly why?: string };
  };

/** Of a request that the server is too busy for. */
const MAX_TRIES = 5;
/** Of one that brings no reply: whoever gave a wrong address should not wait for long. */
const MAX_SILENT_TRIES = 3;
const BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 60_000;
const PAGE = 1000;

/** The part of SigOpt's REST interface that a tuning needs. Throws `service-*` faults, and `cancelled` where the run is stopped. */
export class SigOptClient {
  readonly #base: string;
  readonly #token: string;
  readonly #access: ServiceAccess;
  readonly #rng: Rng;

  /** `rng` spreads the times of tries. Throws `config-invalid-value` for an address that is none. */
  constructor(baseUrl: string, token: string, access: ServiceAccess, rng: Rng) {
    this.#base = serviceUrl(baseUrl, access.pageUrl);
    this.#token = token;
    this.#access = access;
    this.#rng = rng;
  }

  /** The client that the token belongs to; null where the server names none. */
  async client(): Promise<string | null> {
    const { client } = await this.#call('GET', '/sessions');
    if (typeof client === 'string') return client;
    return isMap(client) && typeof client['id'] === 'string' ? client['id'] : null;
  }

  /** One that exists already is as good. */
  async createProject(client: string, id: string): Promise<void> {
    try {
      await this.#call('POST', `/clients/${encodeURIComponent(client)}/projects`, { name: id, id });
    } catch (thrown) {
      if (!(thrown instanceof Conflict)) throw thrown;
    }
  }

  /** A token of a user may create experiments only under a client. */
  createExperiment(client: string | null, request: ExperimentRequest): Promise<string> {
    const parent = client === null ? '' : `/clients/${encodeURIComponent(client)}`;
    return this.#create(`${parent}/experiments`, request);
  }

  async createSuggestion(experiment: string): Promise<Suggestion> {
    const path = `${pathOf(experiment)}/suggestions`;
    const { id, assignments } = await this.#call('POST', path, {});
    if (typeof id === 'string' && isMap(assignments) && Object.values(assignments).every(Number.isFinite))
      return { id, assignments: assignments as Assignments };
    throw unexpected('a suggestion without id or assignments', 'numbers by parameter', this.#site('POST', path));
  }

  /** Where it is not known whether a request arrived, the trial is looked for before it is reported once more. */
  async createObservation(experiment: string, request: ObservationRequest): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#create(`${pathOf(experiment)}/observations`, request);
      } catch (thrown) {
        const isUncertain = thrown instanceof Fault && /^service-(unreachable|failed)$/.test(thrown.code);
        if (!isUncertain || tries >= MAX_TRIES) throw thrown;
        await this.#backOff(tries);
        const there = await this.findObservation(experiment, request.metadata.trial);
        if (there !== null) return there;
      }
    }
  }

  /** The observation of a trial; null where there is none. */
  async findObservation(experiment: string, trial: number): Promise<string | null> {
    const path = `${pathOf(experiment)}/observations?limit=${PAGE}`;
    let before: string | null = null;
    do {
      const page = await this.#call('GET', before === null ? path : `${path}&before=${encodeURIComponent(before)}`);
      const observations = Array.isArray(page['data']) ? page['data'].filter(isMap) : [];
      const found = observations.find(({ metadata }) => isMap(metadata) && Number(metadata['trial']) === trial);
      if (typeof found?.['id'] === 'string') return found['id'];
      const paging = page['paging'];
      before = isMap(paging) && typeof paging['before'] === 'string' ? paging['before'] : null;
    } while (before !== null);
    return null;
  }

  /** Suggestions that nobody will report, such as those of a run that was killed. */
  async dropOpenSuggestions(experiment: string): Promise<void> {
    await this.#call('DELETE', `${pathOf(experiment)}/suggestions?state=open`);
  }

  async #create(path: string, body: object): Promise<string> {
    const { id } = await this.#call('POST', path, body);
    if (typeof id === 'string' && id !== '') return id;
    throw unexpected('a reply without an id', 'an object with its id as text', this.#site('POST', path));
  }

  /** 429 is tried again in any case; what may have arrived already, only where asking twice changes nothing. */
  async #call(method: HttpRequest['method'], path: string, body?: object): Promise<Record<string, unknown>> {
    const site = this.#site(method, path);
    const request: HttpRequest = {
      method,
      url: site.url,
      headers: {
        Authorization: `Basic ${btoa(`${this.#token}:`)}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    for (let tries = 1; ; tries++) {
      const last = tries >= MAX_TRIES;
      const reply = await this.#send(request, site, method !== 'GET' || tries >= MAX_SILENT_TRIES);
      if (reply !== null && reply.status < 300) return parsed(reply, site);
      const again =
        reply === null || reply.status === 429 || (method === 'GET' && [502, 503, 504].includes(reply.status));
      if (reply !== null && (!again || last))
        throw reply.status === 409 ? new Conflict(refusal(reply, site)) : refusal(reply, site);
      await this.#backOff(tries);
    }
  }

  /** Null: no reply, and another try is due. */
  async #send(request: HttpRequest, site: CallSite, isLast: boolean): Promise<HttpReply | null> {
    const { http, signal } = this.#access;
    this.#checkStopped();
    try {
      return await http(request, signal);
    } catch (cause) {
      this.#checkStopped();
      if (isLast) throw unreachable(cause, site);
      return null;
    }
  }

  /** Exponential, with full jitter. */
  async #backOff(tries: number): Promise<void> {
    await this.#access.wait(this.#rng.uniform() * Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** tries));
    this.#checkStopped();
  }

  #checkStopped(): void {
    if (this.#access.signal.aborted) throw new Fault('cancelled', { message: 'The tuning was stopped.' });
  }

  #site(method: string, path: string): CallSite {
    return { method, url: `${this.#base}/v1${path}`, token: this.#token, pageUrl: this.#access.pageUrl };
  }
}

/** A refusal because the thing is there already. */
class Conflict extends Fault {
  constructor(fault: Fault) {
    super(fault.code, fault.details);
  }
}

function pathOf(experiment: string): string {
  return `/experiments/${encodeURIComponent(experiment)}`;
}

/** The address without a trailing slash or version; on a page it may be relative to it (a proxy of the same origin). */
function serviceUrl(text: string, pageUrl: string | null): string {
  const url = pageUrl === null ? parse(text) : parse(text, pageUrl);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === '')
    return url.href.replace(/\/+$/, '').replace(/\/v1$/, '');
  throw new Fault('config-invalid-value', {
    message: 'The address of the SigOpt server is not one that Octet understands.',
    place: 'tuning.strategy.sigopt_base_url',
    accepted: `https://host:port/api${pageUrl === null ? '' : ', or /sigopt for the proxy of this page'}`,
    next: 'Give the API address of your SigOpt server, without user, password or query.',
  });
}

function parse(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

function parsed({ text }: HttpReply, site: CallSite): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isMap(value)) return value;
  } catch {
    // Told below, as any other text that is no object.
  }
  throw unexpected(text.trim().slice(0, 80), 'a JSON object', site);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
