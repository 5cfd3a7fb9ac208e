/** Takes batches over HTTP and answers 2xx once they are kept: gzip NDJSON, each batch as a whole. */
import { timingSafeEqual } from 'node:crypto';
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createEncrypted } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PpuriError } from '../../config/errors.ts';
import { BadRecord, conflictText, type Kept, readLines, type Sink } from './batch.ts';

export interface HttpReceiverOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM texts; absent: in the clear. `ca`: only clients with a certificate by it are heard. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Only who says it may deliver. */
  readonly token?: string;
  readonly keep: Sink;
  /** A batch that could not be taken, and why. */
  readonly onProblem?: (problem: string) => void;
}

export interface HttpReceiver {
  readonly port: number;
  close(): Promise<void>;
}

const packedMost = 4 * 2 ** 20;
const plainMost = 16 * 2 ** 20;
const inflate = promisify(gunzip);

/** An answer other than 200. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > packedMost) throw new Refusal(413, `more than ${packedMost} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

async function plainText(request: IncomingMessage): Promise<string> {
  const body = await bodyOf(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new Refusal(415, `content-encoding ${encoding}; gzip is taken`);
  let bytes = body;
  try {
    if (encoding === 'gzip') bytes = await inflate(body, { maxOutputLength: plainMost });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(413, `more than ${plainMost} bytes when unpacked`);
    throw new Refusal(400, 'the body is no gzip');
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal(400, 'the body is no UTF-8');
  }
}

function mayDeliver({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const [said, wanted] = [headers.authorization ?? '', `Bearer ${token}`].map((text) =>
    Buffer.from(text),
  ) as [Buffer, Buffer];
  return said.length === wanted.length && timingSafeEqual(said, wanted);
}

async function take(request: IncomingMessage, options: HttpReceiverOptions): Promise<Kept> {
  if (!mayDeliver(request, options.token)) throw new Refusal(401, 'the token is not the right one');
  if (request.method !== 'POST') throw new Refusal(405, 'POST only');
  const text = await plainText(request);
  try {
    const records = readLines(text);
    const kept = options.keep(records, String(request.headers['ppuri-lane'] ?? ''));
    if (kept.conflicts > 0) options.onProblem?.(conflictText(kept.conflicts, records));
    return kept;
  } catch (thrown) {
    if (thrown instanceof BadRecord) throw new Refusal(400, thrown.message);
    throw thrown;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpReceiverOptions,
): Promise<void> {
  let [status, reply]: [number, object] = [200, {}];
  try {
    reply = await take(request, options);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    // Not the sender's fault: it comes again.
    status = thrown instanceof Refusal ? thrown.status : 503;
    reply = { error: why };
    if (!request.destroyed || thrown instanceof Refusal) options.onProblem?.(`${status} ${why}`);
    // What is left of the body is not read.
    response.setHeader('connection', 'close');
  }
  const text = `${JSON.stringify(reply)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function unlistenable(host: string, port: number, cause: unknown): PpuriError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code?.startsWith('ERR_') === true)
    return new PpuriError('usage', `the certificate, key or authority cannot be used: ${message}`, {
      operation: 'receive records',
      subject: code,
      hint: 'they are PEM files, and the key is the certificate’s own',
      cause,
    });
  return new PpuriError('usage', `cannot listen at ${host}:${port}: ${code ?? message}`, {
    operation: 'receive records',
    subject: `${host}:${port}`,
    hint: 'give another --listen; ports below 1024 are for root',
    cause,
  });
}

/** Rejects with `usage` when it cannot listen there or the certificate cannot be used. */
export async function startHttpReceiver(options: HttpReceiverOptions): Promise<HttpReceiver> {
  const { host, port, tls } = options;
  const hear = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response, options);
  const limits = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 };
  let server: Server;
  try {
    const asked = tls?.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    server =
      tls === undefined
        ? createPlain(limits, hear)
        : createEncrypted({ ...limits, ...tls, ...asked, minVersion: 'TLSv1.2' }, hear);
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (thrown) {
    throw unlistenable(host, port, thrown);
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
