/** Batches over HTTPS, to the product's own receiver and to servers that say other things. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { receiveOverHttp } from '../fixtures/http-receiving.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';
import { atEnd, syncContract } from './sync-contract.ts';

syncContract({
  kind: 'HTTPS',
  receive: (_dir, token) => receiveOverHttp(token),
  entry: (port) => ({ type: 'https', url: `https://localhost:${port}/records` }),
  secret: (file) => ({ token: { file } }),
});

type Answer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server that answers as it is told; `keys` has what came, in order. */
async function server(
  answer: Answer,
  host = '127.0.0.1',
): Promise<{ url: string; keys: string[] }> {
  const keys: string[] = [];
  const listening = createServer((request, response) => {
    request.resume().once('end', () => {
      keys.push(String(request.headers['idempotency-key']));
      answer(request, response, keys.length);
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, host, resolve));
  atEnd(async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  const { port } = listening.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`, keys };
}

const at = () => ({ monoMs: 1, wallMs: 1 });

async function kept(url: string, count: number) {
  const started = startKeeper(temporaryDirectory(), { sync: planOf([{ type: 'https', url }]) });
  for (let seq = 1; seq <= count; seq += 1) started.keeper.keep(cycleBody(seq), at());
  await started.keeper.flush();
  const left = async (): Promise<number> => {
    const { pending } = await started.keeper.query('ledger', {});
    return Number(pending.https);
  };
  const drained = async (): Promise<void> => {
    while ((await left()) > 0);
  };
  return { ...started, drained };
}

const ok: Answer = (_request, response) => void response.writeHead(204).end();

describe('what a server says', () => {
  test('a batch has a key of gateway, start, first and last', async () => {
    const { url, keys } = await server(ok);
    const { drained } = await kept(url, 3);
    await drained();
    expect(keys.join()).toMatch(/^gw-1\/[^/]+\/1-[123](?:,gw-1\/[^/]+\/\d-\d)*$/);
  });

  test('an IPv6 address is reached', async (context) => {
    const loopback = Object.values(networkInterfaces()).flat();
    context.skip(!loopback.some((it) => it?.address === '::1'), 'this computer has no IPv6');
    const { url } = await server(ok, '::1');
    const { drained, events } = await kept(url, 3);
    await drained();
    expect(events.filter(({ kind }) => kind.startsWith('sync-'))).toEqual([]);
  });

  test('a poisoned record is found and told; the others of its batch arrive', async () => {
    const { url, keys } = await server((request, response) => {
      const [, first, last] = /(\d+)-(\d+)$/.exec(String(request.headers['idempotency-key'])) ?? [];
      const poisoned = Number(first) <= 2 && Number(last) >= 2;
      response.writeHead(poisoned ? 422 : 200).end('no such mold\n');
    });
    const { keeper, seen, drained } = await kept(url, 4);
    expect((await seen('sync-refused')).text).toContain('no such mold');
    await drained();
    const { gaps, delivered } = await keeper.query('ledger', {});
    expect(delivered.https).toBeGreaterThanOrEqual(3);
    expect(gaps).toMatchObject([{ from: 2, to: 2, count: 1, reason: 'undeliverable' }]);
    expect(keys.length).toBeGreaterThan(2);
  });

  test('not now, broken answers and a server that closes each time lose nothing', async () => {
    const { url } = await server((_request, response, nth) => {
      if (nth === 1) response.writeHead(503, { 'retry-after': '0' }).end();
      else if (nth === 2) response.socket?.end('HTTP/1.1 200 OK\r\ncontent-le');
      else if (nth === 3) response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf');
      else if (nth === 4) response.socket?.end('garbage\r\n\r\n');
      else response.writeHead(200, { connection: 'close' }).end('{}');
    });
    const { drained, events } = await kept(url, 20);
    await drained();
    expect(events.filter(({ kind }) => kind === 'sync-refused')).toEqual([]);
  });

  test('a redirect is not followed, and is said to someone who can act', async () => {
    let elsewhere = 0;
    const { url: other } = await server((_request, response) => {
      elsewhere += 1;
      response.end();
    });
    const { url } = await server((_request, response, nth) =>
      nth <= 2 ? response.writeHead(307, { location: other }).end() : response.end(),
    );
    const { seen, drained } = await kept(url, 2);
    expect(await seen('sync-denied')).toMatchObject({ level: 'error' });
    await drained();
    expect(elsewhere).toBe(0);
  });
});
