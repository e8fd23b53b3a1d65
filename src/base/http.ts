/** One request to a service. Headers beyond these two would fail the preflight of servers that know no others. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: { readonly Authorization?: string; readonly 'Content-Type'?: 'application/json' };
  readonly body?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

/** Rejects where no reply came: with the signal's reason once it is aborted, else with what the platform says. */
export type Http = (request: HttpRequest, signal: AbortSignal) => Promise<HttpReply>;

/** The one place that reaches a network, beside the page's own files; everything else takes it as argument. */
export const systemHttp: Http = async ({ url, ...request }, signal) => {
  const reply = await fetch(url, { ...request, signal, credentials: 'omit', redirect: 'error', cache: 'no-store' });
  return { status: reply.status, text: await reply.text() };
};
