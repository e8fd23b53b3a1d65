import { Fault } from '../../base/fault.ts';
import type { FaultDetails } from '../../base/fault.ts';
import type { HttpReply } from '../../base/http.ts';

/** Where a call went; all that its faults may tell. The token is replaced in whatever the service answers. */
export interface CallSite {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  /** The page that calls; null outside a page. */
  readonly pageUrl: string | null;
}

/** No reply: the network, the certificate, or on a page the rules of the browser. */
export function unreachable(cause: unknown, site: CallSite): Fault {
  const details = site.pageUrl === null ? {} : { accepted: corsCures(new URL(site.pageUrl).origin) };
  return fault('service-unreachable', site, {
    message: 'The SigOpt server cannot be reached.',
    found: reasonOf(cause),
    ...details,
    next:
      site.pageUrl === null
        ? 'Check sigopt_base_url and that the server runs. For a certificate of your own, name its CA file in NODE_EXTRA_CA_CERTS. Then resume.'
        : 'Check sigopt_base_url, open it once in this browser so that its certificate is trusted, and apply one of the three cures; then resume.',
  });
}

/** A SigOpt server never names the origins it admits, so that browsers keep its answers from every page of another origin. */
function corsCures(origin: string): string {
  return [
    'a server that admits this page (CORS). One of:',
    '(1) start Octet with OCTET_SIGOPT_URL=<the server’s API address> npm start, and set sigopt_base_url: /sigopt;',
    `(2) in the server's nginx/proxy/api.conf, inside location /api/: add_header Access-Control-Allow-Origin ${origin} always; add_header Vary Origin always;`,
    `(3) octet proxy --target <the server’s API address> --origin ${origin}, and its address as sigopt_base_url.`,
    'For (2) and (3) the page must be allowed to call that address, too: name it in OCTET_SIGOPT_URL, or in connect-src of the host that serves the page.',
  ].join(' ');
}

export function refusal(reply: HttpReply, site: CallSite): Fault {
  const { status } = reply;
  const answer = answerOf(reply.text);
  const found = `status ${status}${answer === '' ? '' : `: ${answer}`}`;
  if (status === 401 || status === 403) {
    return fault('service-unauthorized', site, {
      message: 'The SigOpt server does not accept the token.',
      found,
      next: 'Copy the API token again (its page /tokens/info); it must be allowed to create experiments. Then resume.',
    });
  }
  if (status === 429) {
    return fault('service-rate-limited', site, {
      message: 'The SigOpt server refuses more requests for now, also after several tries.',
      found,
      next: 'Wait a minute, then resume.',
    });
  }
  if (status >= 500) {
    return fault('service-failed', site, {
      message: 'The SigOpt server failed.',
      found,
      next: 'Look into the logs of the server, then resume: nothing is lost.',
    });
  }
  return fault('service-refused', site, {
    message: 'The SigOpt server refuses the request.',
    found,
    next:
      status === 404
        ? 'Check that sigopt_base_url is the API address (https://host:port/api), and that the experiment was not deleted.'
        : 'Change what it names in the configuration, or start a new session.',
  });
}

/** A reply of another form than the contract's. */
export function unexpected(found: string, accepted: string, site: CallSite): Fault {
  return fault('service-answer-invalid', site, {
    message: 'The answer is not one of a SigOpt server.',
    found,
    accepted,
    next: 'Check that sigopt_base_url is the API address of a SigOpt server (https://host:port/api).',
  });
}

function fault(code: Fault['code'], { method, url, token }: CallSite, details: FaultDetails): Fault {
  const { found } = details;
  return new Fault(code, {
    place: `${method} ${url}`,
    ...details,
    ...(found === undefined ? {} : { found: withoutSecret(found, token).slice(0, 500) }),
  });
}

function withoutSecret(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, '•••').replaceAll(encodeURIComponent(token), '•••');
}

function answerOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return text.trim().slice(0, 200);
  }
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error ? cause.cause : undefined;
  return [cause, inner]
    .flatMap((each) => (each instanceof Error ? [each.message || each.name] : []))
    .filter((text, i, all) => all.indexOf(text) === i)
    .join(': ');
}
