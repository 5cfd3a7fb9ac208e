/** What every sync target must do, whatever it speaks: run by each with a receiver of its kind. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createTarget } from '../../agent/sync/registry.ts';
import { Authority, type Pair } from '../fixtures/certificates.ts';
import { hasProgram } from '../fixtures/programs.ts';
import type { ReceivedBook } from '../fixtures/received.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { plainTools, planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';

export interface Receiving {
  /** Entry of `sync` for this receiver, without a secret. */
  readonly target: object;
  readonly book: ReceivedBook;
  /** What it saw go against the rules of its protocol. */
  readonly broken: readonly string[];
  /** Away, as after a crash; what it has it keeps. */
  kill(): Promise<void>;
  /** Back at the same address. */
  start(): Promise<void>;
}

export interface SyncHarness {
  readonly kind: string;
  /** `password`: only who says it may deliver. Ends with the test. */
  receive(dir: string, password?: string): Promise<Receiving>;
  /** Entry of `sync`, encrypted, for a server on this port of `localhost`. */
  entry(port: number): object;
  /** The part of an entry that names the file with the secret. */
  secret(file: string): object;
}

const at = () => ({ monoMs: performance.now(), wallMs: Date.now() });
const ends: (() => Promise<unknown>)[] = [];
/** Harnesses say here what ends with the test, before what they began earlier. */
export const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);

export function syncContract(harness: SyncHarness): void {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  describe(`${harness.kind}: records`, () => delivers(harness));
  describe(`${harness.kind}: TLS`, () => trusts(harness));
}

type Keeper = ReturnType<typeof startKeeper>['keeper'];

function keepShots(keeper: Keeper, from: number, to: number): void {
  for (let seq = from; seq <= to; seq += 1) keeper.keep(cycleBody(seq), at());
}

function delivers(harness: SyncHarness): void {
  test('what was kept before and what is kept now arrive, each lane in order', async () => {
    const dir = temporaryDirectory();
    const { target, book, broken } = await harness.receive(dir);
    const before = startKeeper(join(dir, 'store'));
    keepShots(before.keeper, 1, 700);
    await before.keeper.flush(20_000);
    await before.keeper.close();
    const { keeper } = startKeeper(join(dir, 'store'), { sync: planOf([target]) });
    await book.until(700);
    keepShots(keeper, 1, 300);
    await book.until(1000);
    expect(book.repeats).toBe(0);
    expect(book.outOfOrder()).toEqual([]);
    expect(book.firsts.at(-1)?.lane).toBe('live');
    expect(broken).toEqual([]);
    const { kept, delivered, pending, gaps } = await keeper.query('ledger', {});
    expect({ kept, gaps }).toEqual({ kept: 1000, gaps: [] });
    const [name = ''] = Object.keys(delivered);
    expect(Number(delivered[name]) + Number(pending[name])).toBe(1000);
  }, 30_000);

  test('a receiver that goes and comes back, and a killed keep child, lose nothing', async () => {
    const dir = temporaryDirectory();
    const { target, book, broken, kill, start } = await harness.receive(dir);
    const { keeper, seen } = startKeeper(join(dir, 'store'), { sync: planOf([target]) });
    keepShots(keeper, 1, 200);
    await book.until(100);
    await kill();
    keepShots(keeper, 201, 400);
    const troubles = ['sync-interrupted', 'sync-unreachable', 'sync-host-away'];
    await Promise.race(troubles.map((kind) => seen(kind)));
    await start();
    await book.until(400);
    const { pid } = keeper.stats();
    if (pid !== null) process.kill(pid, 'SIGKILL');
    keepShots(keeper, 401, 500);
    await book.until(500);
    expect(book.size).toBe(500);
    expect(book.outOfOrder()).toEqual([]);
    expect(broken).toEqual([]);
  }, 30_000);

  test('a receiver that is not there, or says no, is tried again with the secret as it is then', async () => {
    const dir = temporaryDirectory();
    const { target, book } = await harness.receive(dir, 'canary-right');
    const file = join(dir, 'secret');
    const entry = { ...target, ...harness.secret(file) };
    const { keeper, seen, events } = startKeeper(join(dir, 'store'), { sync: planOf([entry]) });
    keepShots(keeper, 1, 5);
    expect((await seen('secret-missing')).text).toContain(file);
    writeFileSync(file, 'canary-wrong\n');
    expect((await seen('sync-denied')).level).toBe('error');
    writeFileSync(file, 'canary-right\n');
    await book.until(5);
    expect(JSON.stringify(events)).not.toContain('canary');
    // Said once, however often it was tried.
    expect(events.filter(({ kind }) => kind === 'sync-denied')).toHaveLength(1);
  }, 30_000);

  test('within a bandwidth limit what is made now does not wait for the backlog', async () => {
    const dir = temporaryDirectory();
    const { target, book } = await harness.receive(dir);
    const before = startKeeper(join(dir, 'store'));
    keepShots(before.keeper, 1, 2000);
    await before.keeper.flush(20_000);
    await before.keeper.close();
    const entry = { ...target, maxKibPerSecond: 200 };
    const { keeper } = startKeeper(join(dir, 'store'), { sync: planOf([entry]) });
    await book.until(1);
    const live = keeper.keep(cycleBody(1), at());
    while (!book.has(live.boot, live.seq)) await book.until(book.size + 1);
    expect(book.size).toBeLessThan(1900);
  }, 30_000);
}

interface Listening {
  readonly port: number;
  /** Bytes that came out of TLS. */
  bytes(): number;
  /** Names of the clients, by their certificates. */
  readonly clients: string[];
}

async function listen(options: TlsOptions): Promise<Listening> {
  let bytes = 0;
  const clients: string[] = [];
  const server = createServer(options, (socket: TLSSocket) => {
    const { CN } = socket.getPeerCertificate().subject ?? {};
    if (CN !== undefined) clients.push(String(CN));
    socket.on('data', (data) => {
      bytes += data.length;
      socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, bytes: () => bytes, clients };
}

function trusts(harness: SyncHarness): void {
  beforeEach((context) => context.skip(!hasProgram('openssl'), 'needs openssl'));

  /** What became of a connection, and the first records over it. */
  const tried = async (port: number, more: object): Promise<string> => {
    const plan = planOf([{ ...harness.entry(port), ...more }]);
    const [config] = plan.targets;
    if (config === undefined) throw new Error('no target');
    const signal = new AbortController().signal;
    const target = createTarget(config, plan, plainTools());
    try {
      const connection = await target.connect({ signal, onWaiting: () => undefined });
      const at = { monoMs: 1, wallMs: 1 };
      const record = { boot: 'b', seq: 1, at, clockSynced: true, body: cycleBody(1) };
      const { done } = connection.send([{ ...record, historical: false, evicted: [] }], 'live');
      await done.finally(() => connection.close());
      return 'delivered';
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };
  const pem = ({ cert, key }: Pair): TlsOptions => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
  });

  test('wrong authority, wrong name, expired: nothing is sent; the right one is spoken to', async () => {
    const dir = temporaryDirectory();
    const [ours, theirs] = [new Authority(dir, 'ours'), new Authority(dir, 'theirs')];
    const right = pem(ours.issue('right', 'DNS:localhost'));
    const named = pem(ours.issue('named', 'DNS:elsewhere.example'));
    const expired = pem(ours.issue('expired', 'DNS:localhost', ['-days', '-1']));
    const { ca } = ours;
    const wrong = [
      { server: right, more: { ca: theirs.ca } },
      { server: right, more: {} },
      { server: named, more: { ca } },
      { server: expired, more: { ca } },
    ];
    for (const { server, more } of wrong) {
      const { port, bytes } = await listen(server);
      expect(await tried(port, more)).toBe('sync-untrusted');
      expect(bytes()).toBe(0);
    }
    const { port, bytes } = await listen(right);
    // It is no receiver, and hangs up on what it hears.
    expect(await tried(port, { ca })).not.toBe('delivered');
    expect(bytes()).toBeGreaterThan(0);
  }, 30_000);

  test('where a client certificate is wanted, nothing gets through without it; a renewed one is used', async () => {
    const dir = temporaryDirectory();
    const ours = new Authority(dir, 'ours');
    const server = pem(ours.issue('server', 'DNS:localhost'));
    const { ca } = ours;
    const mutual = { ...server, ca: readFileSync(ca), requestCert: true, rejectUnauthorized: true };
    const expired = ours.issue('late', 'DNS:gw-1', ['-days', '-1']);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { port, bytes } = await listen({ ...mutual, maxVersion });
      expect(await tried(port, { ca })).toBe('sync-denied');
      // Node's own server only hangs up on this one.
      expect(await tried(port, { ca, ...expired })).toMatch(/^sync-(denied|unreachable)$/);
      expect(bytes()).toBe(0);
    }
    const { port, bytes, clients } = await listen(mutual);
    const [first, renewed] = [ours.issue('first', 'DNS:gw-1'), ours.issue('second', 'DNS:gw-1')];
    await tried(port, { ca, ...first });
    for (const part of ['cert', 'key'] as const)
      writeFileSync(first[part], readFileSync(renewed[part]));
    await tried(port, { ca, ...first });
    expect(clients).toEqual(['first', 'second']);
    expect(bytes()).toBeGreaterThan(0);
  }, 30_000);
}
