/**
 * The HTTP server of a gateway: a short list of pages, for reading only. It answers to addresses and
 * to this computer's own names, so that a web page elsewhere cannot reach it under a name of its own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';

export interface PanelReply {
  readonly status: number;
  /** Content-Type. */
  readonly type: string;
  readonly body: string;
}

/** By path, e.g. `/metrics`. */
export type PanelRoutes = ReadonlyMap<string, () => PanelReply>;

export interface PanelServer {
  readonly port: number;
  close(): void;
}

const connectionsMost = 32;
const requestMs = 5000;
const idleMs = 10_000;
const headerBytes = 8192;

const plain = (status: number, body: string): PanelReply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

/** `127.0.0.1:8787` or `[::1]:8787` → its two parts; port 0: any that is free. */
export function listenOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(text.slice(colon + 1)) };
}

function isOwnName(header: string | undefined): boolean {
  if (header === undefined) return false;
  const name = header
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return isIP(name) !== 0 || name === 'localhost' || name === hostname().toLowerCase();
}

function replyTo(request: IncomingMessage, routes: PanelRoutes): PanelReply {
  if (!isOwnName(request.headers.host)) return plain(403, 'unknown host name; use the address');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET or HEAD only');
  const route = routes.get((request.url ?? '').split('?', 1)[0] ?? '');
  return route === undefined ? plain(404, 'no such page') : route();
}

function send(request: IncomingMessage, response: ServerResponse, reply: PanelReply): void {
  const { status, type, body } = reply;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  // What is sent along with a question is not read.
  request.resume();
}

/** `failed`: a page could not be made; who asked gets a 500. Rejects when it cannot listen. */
export async function servePanel(
  listen: string,
  routes: PanelRoutes,
  failed: (thrown: unknown) => void,
): Promise<PanelServer> {
  const limits = {
    maxHeaderSize: headerBytes,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
  };
  const server = createServer({ ...limits, keepAliveTimeout: requestMs }, (request, response) => {
    let reply: PanelReply;
    try {
      reply = replyTo(request, routes);
    } catch (thrown) {
      failed(thrown);
      reply = plain(500, 'this page could not be made; see the log');
    }
    send(request, response, reply);
  });
  server.maxConnections = connectionsMost;
  server.setTimeout(idleMs, (socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenOf(listen), () => resolve());
  });
  server.on('error', failed);
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port, close };
}
