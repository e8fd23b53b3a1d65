import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeSigOpt, TOKEN } from '../sigopt/fake-server.ts';
import { expectRefused, octet, start, type Running } from './octet.ts';

const ORIGIN = 'http://localhost:4173';
const Authorization = `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}`;

let fake: FakeSigOpt;
let running: Running;
let address: string;

beforeAll(async () => {
  fake = await FakeSigOpt.listen();
  address = await new Promise((resolve) => {
    running = start(['proxy', '--target', fake.url, '--port', '0', '--origin', ORIGIN], (text) => {
      const found = /ready: (http:\/\/127\.0\.0\.1:\d+)/.exec(text);
      if (found) resolve(found[1]!);
    });
  });
}, 60_000);

afterAll(async () => {
  running.kill('SIGINT');
  expect((await running.ended).code).toBe(0);
  await fake.close();
});

const call = (path: string, init: RequestInit = {}, origin: string | null = ORIGIN): Promise<Response> =>
  fetch(address + path, { ...init, headers: { ...init.headers, ...(origin === null ? {} : { Origin: origin }) } });

describe('octet proxy', () => {
  it('forwards calls, and admits the one origin', async () => {
    const reply = await call('/v1/sessions', { headers: { Authorization } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(reply.headers.get('vary')).toBe('Origin');
    expect(await reply.json()).toMatchObject({ object: 'session' });
    const body = JSON.stringify({ name: 'nets', id: 'nets' });
    const headers = { Authorization, 'Content-Type': 'application/json' };
    expect((await call('/v1/clients/1/projects', { method: 'POST', headers, body })).status).toBe(200);
    expect((await call('/v1/clients/1/projects', { method: 'POST', headers, body })).status).toBe(409);
    expect((await call('/v1/sessions')).status).toBe(401);
  });

  it('answers preflights itself', async () => {
    const reply = await call('/v1/sessions', { method: 'OPTIONS' });
    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type');
    expect(reply.headers.get('access-control-allow-methods')).toContain('DELETE');
  });

  it.each(['https://elsewhere.example', 'http://localhost:4174', 'null', null])(
    'serves no page of %s',
    async (origin) => {
      const asked = fake.log.length;
      for (const method of ['GET', 'OPTIONS']) {
        const reply = await call('/v1/sessions', { method, headers: { Authorization } }, origin);
        expect(reply.status).toBe(403);
        expect(reply.headers.get('access-control-allow-origin')).toBeNull();
      }
      expect(fake.log).toHaveLength(asked);
    },
  );

  it.each(['/', '/v2/sessions', '/api/v1/sessions', '/v1/..%2f..%2fadmin', '/v1/../admin'])(
    'does not forward %s',
    async (path) => {
      expect((await call(path, { headers: { Authorization } })).status).toBe(404);
    },
  );

  it('refuses arguments that are none', async () => {
    expectRefused(await octet('proxy', '--target', 'ftp://host'), 'usage', ['http or https']);
    expectRefused(await octet('proxy', '--target', fake.url, '--origin', 'http://a/b'), 'usage', ['origin']);
    expectRefused(await octet('proxy', '--target', fake.url, '--port', new URL(address).port), 'usage', ['--port']);
  });
});
