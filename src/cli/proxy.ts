import { Command, InvalidArgumentError } from 'commander';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '../base/fault.ts';
import { onInterrupt } from './interrupt.ts';

interface ProxyFlags {
  readonly target: string;
  readonly port: number;
  readonly origin: string;
}

const PORT = 8474;
const ORIGIN = 'http://localhost:4173';
/** An observation or experiment is some kilobytes. */
const MAX_BODY_BYTES = 2 ** 20;

export function proxyCommand(): Command {
  return new Command('proxy')
    .description('lets a page of one origin call a SigOpt server, which admits none by itself')
    .requiredOption(
      '--target <url>',
      'API address of the SigOpt server, such as https://sigopt.ninja:4443/api',
      httpUrl,
    )
    .option('--port <n>', 'port on this machine', portNumber, PORT)
    .option('--origin <url>', 'the one origin that is admitted: that of the page', origin, ORIGIN)
    .addHelpText(
      'after',
      `
Listens on 127.0.0.1 only and forwards /v1/ only. Set sigopt_base_url to the address it prints. A page sends requests to an
address of another origin only if its own server allows that: start Octet with OCTET_SIGOPT_URL=<that address>.
For a server with a certificate of its own, name its CA file in NODE_EXTRA_CA_CERTS.

Example:
  octet proxy --target https://sigopt.ninja:4443/api --origin ${ORIGIN}`,
    )
    .action(runProxy);
}

async function runProxy(flags: ProxyFlags): Promise<void> {
  const server = createServer((request, response) => void answer(request, response, flags));
  await listen(server, flags.port);
  const { port } = server.address() as AddressInfo;
  console.log(`Proxy is ready: http://127.0.0.1:${port} for ${flags.origin}, forwards to ${flags.target}`);
  await new Promise<void>((resolve) => {
    const release = onInterrupt(() => {
      release();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(
        new Fault('usage', { message: 'The port cannot be used', found: message, next: 'Choose another --port.' }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, flags: ProxyFlags): Promise<void> {
  // Pages of other origins, and programs that send none, must not borrow the way to the server.
  if (request.headers.origin !== flags.origin)
    return refuse(response, 403, `This proxy serves pages of ${flags.origin} only.`);
  response.setHeader('Access-Control-Allow-Origin', flags.origin);
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
    response.setHeader('Access-Control-Max-Age', '600');
    response.writeHead(204).end();
    return;
  }
  const url = forwardedUrl(request.url ?? '', flags.target);
  if (url === null) return refuse(response, 404, 'This proxy forwards /v1/ only.');
  try {
    await forward(request, response, url);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, `The SigOpt server cannot be reached: ${reasonOf(error)}`);
  }
}

async function forward(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const body = await readBody(request);
  if (body === null) return refuse(response, 413, 'The request is too large.');
  const { authorization, 'content-type': contentType } = request.headers;
  const method = request.method ?? 'GET';
  const reply = await fetch(url, {
    method,
    headers: {
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
    },
    redirect: 'manual',
    ...(method === 'GET' || body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  const content = Buffer.from(await reply.arrayBuffer());
  response.writeHead(reply.status, { 'Content-Type': reply.headers.get('content-type') ?? 'application/json' });
  response.end(content);
}

/** Null for anything but a path under /v1/, dots and encoded slashes resolved. */
function forwardedUrl(path: string, target: string): string | null {
  if (!path.startsWith('/v1/')) return null;
  const { pathname, search } = new URL(path, 'http://proxy');
  return pathname.startsWith('/v1/') && !/%2f|%5c/i.test(pathname) ? `${target}${pathname}${search}` : null;
}

/** Null: too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ message, status }));
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/** Without a trailing slash, and without the version that every path brings along. */
function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw new InvalidArgumentError('It must be an http or https address.');
  return url.href.replace(/\/+$/, '').replace(/\/v1$/, '');
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new InvalidArgumentError('It must be an origin such as http://localhost:4173.');
  return url.origin;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a port: 0 to 65535.');
  return port;
}
