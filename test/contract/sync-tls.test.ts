/** Whom records are sent to: a server that cannot prove itself gets not one byte of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTarget } from '../../agent/sync/registry.ts';
import { syncSchema } from '../../config/sync-schema.ts';
import { needs } from '../fixtures/programs.ts';
import { temporaryDirectory } from '../unit/store-support.ts';

const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { stdio: 'ignore' });

/** An authority, and certificates by it, as PEM files of `dir`. */
class Authority {
  readonly #dir: string;
  readonly name: string;

  constructor(dir: string, name: string) {
    this.#dir = dir;
    this.name = name;
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      this.file('key'),
      '-out',
      this.file('pem'),
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
    );
  }

  file(end: string): string {
    return join(this.#dir, `${this.name}.${end}`);
  }

  issue(
    name: string,
    san: string,
    dates: readonly string[] = ['-days', '7'],
  ): { cert: string; key: string } {
    const [cert, key, csr, ext] = ['pem', 'key', 'csr', 'ext'].map((end) =>
      join(this.#dir, `${name}.${end}`),
    ) as [string, string, string, string];
    writeFileSync(ext, `subjectAltName=${san}\n`);
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      csr,
      '-subj',
      `/CN=${name}`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      csr,
      '-CA',
      this.file('pem'),
      '-CAkey',
      this.file('key'),
      '-CAcreateserial',
      '-out',
      cert,
      '-extfile',
      ext,
      ...dates,
    );
    return { cert, key };
  }
}

interface Listening {
  readonly url: string;
  /** Bytes that came out of TLS. */
  bytes(): number;
}

async function listen(options: TlsOptions): Promise<Listening> {
  let bytes = 0;
  const server = createServer(options, (socket) => {
    socket.on('data', (data) => {
      bytes += data.length;
      socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `mqtts://localhost:${port}`, bytes: () => bytes };
}

/** The code with which a connection fails. */
async function tried(url: string, more: object): Promise<string> {
  const [config] = syncSchema.parse([{ type: 'mqtt', url, ...more }]);
  if (config === undefined) throw new Error('no target');
  const plan = { gateway: 'gw-1', site: 'busan-1', targets: [config] };
  return createTarget(config, plan)
    .connect()
    .then(
      (connection) => {
        connection.close();
        return 'connected';
      },
      (error: { code: string }) => error.code,
    );
}

describe('TLS of a target', () => {
  needs('openssl');

  test('wrong authority, wrong name, expired: nothing is sent; the right one is spoken to', async () => {
    const dir = temporaryDirectory();
    const ours = new Authority(dir, 'ours');
    const theirs = new Authority(dir, 'theirs');
    const right = ours.issue('right', 'DNS:localhost');
    const named = ours.issue('named', 'DNS:elsewhere.example');
    const expired = ours.issue('expired', 'DNS:localhost', ['-days', '-1']);
    const pem = ({ cert, key }: { cert: string; key: string }): TlsOptions => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    });
    const ca = ours.file('pem');
    const wrong = [
      { server: pem(right), ca: theirs.file('pem') },
      { server: pem(right), ca: undefined },
      { server: pem(named), ca },
      { server: pem(expired), ca },
    ];
    for (const { server, ca } of wrong) {
      const listening = await listen(server);
      expect(await tried(listening.url, ca === undefined ? {} : { ca })).toBe('sync-untrusted');
      expect(listening.bytes()).toBe(0);
    }
    const listening = await listen(pem(right));
    // It is no broker, and hangs up on what it hears.
    expect(await tried(listening.url, { ca })).toBe('sync-unreachable');
    expect(listening.bytes()).toBeGreaterThan(0);
  }, 30_000);

  test('where a client certificate is wanted, nothing gets through without it', async () => {
    const dir = temporaryDirectory();
    const ours = new Authority(dir, 'ours');
    const { cert, key } = ours.issue('server', 'DNS:localhost');
    const client = ours.issue('gw-1', 'DNS:gw-1');
    const ca = ours.file('pem');
    const mutual: TlsOptions = {
      ...{ cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) },
      requestCert: true,
      rejectUnauthorized: true,
    };
    const without = await listen(mutual);
    expect(await tried(without.url, { ca })).not.toBe('connected');
    expect(without.bytes()).toBe(0);
    const with_ = await listen(mutual);
    await tried(with_.url, { ca, cert: client.cert, key: client.key });
    expect(with_.bytes()).toBeGreaterThan(0);
  }, 30_000);

  test('a network in the clear must be said', () => {
    const url = 'mqtt://broker.example:1883';
    expect(syncSchema.safeParse([{ type: 'mqtt', url }]).success).toBe(false);
    expect(syncSchema.safeParse([{ type: 'mqtt', url, tls: 'none' }]).success).toBe(true);
  });
});
