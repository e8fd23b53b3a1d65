import type { Tuner } from '../../bridge/tuner.ts';
import type { SessionFiles } from '../../history/session-database.ts';
import type { Announcer } from './announcer.svelte.ts';

/** A question that is open; null for an answer means that the user does not give it. */
export interface TokenRequest {
  readonly server: string;
  readonly answer: (token: string | null) => void;
}

/** API tokens by session: in memory only, they go with the page. */
export class Tokens {
  readonly #tuner: Tuner;
  readonly #announcer: Announcer;
  readonly #known: Record<string, string> = {};
  #request = $state.raw<TokenRequest | null>(null);

  constructor(tuner: Tuner, announcer: Announcer) {
    this.#tuner = tuner;
    this.#announcer = announcer;
  }

  get request(): TokenRequest | null {
    return this.#request;
  }

  of(session: string): string | null {
    return this.#known[session] ?? null;
  }

  /** The token of a dropped configuration is taken out before anything is stored. */
  async takenOut(session: string, files: SessionFiles): Promise<SessionFiles> {
    if (!files.config) return files;
    const { text, token } = await this.#tuner.readConfig(files.config);
    if (token !== null) this.#known[session] = token;
    return { ...files, config: { ...files.config, text } };
  }

  /** Asks for the token where a SigOpt server leads the search and none is known. False: the user gave none. */
  async isSettled(session: string, { config, strategy }: SessionFiles): Promise<boolean> {
    if (!config || strategy || this.#known[session] !== undefined) return true;
    const { server } = await this.#tuner.readConfig(config);
    if (server === null) return true;
    this.#announcer.say('The SigOpt server asks for its API token');
    const token = await this.#ask(server);
    this.#announcer.say(token === null ? 'Ready' : 'Starting');
    if (token !== null) this.#known[session] = token;
    return token !== null;
  }

  /** Withdraws an open question. */
  withdraw(): void {
    this.#request?.answer(null);
  }

  /** One question at a time: another one withdraws it. */
  async #ask(server: string): Promise<string | null> {
    this.withdraw();
    let request: TokenRequest | undefined;
    const token = await new Promise<string | null>((answer) => (this.#request = request = { server, answer }));
    if (this.#request === request) this.#request = null;
    return token;
  }
}
