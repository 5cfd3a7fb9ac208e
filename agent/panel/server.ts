/**
 * The HTTP server of a gateway. It answers to addresses and to this computer's own names, so that a
 * web page elsewhere cannot reach it under a name of its own; changes come only from its own pages.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Access } from './access/access.ts';
import { accessRoutes } from './access/routes.ts';
import { CertificateWatch, leastTls, readPair, type TlsFiles } from './certificate.ts';
import { Connections } from './connections.ts';
import { cookieJar } from './cookies.ts';
import { type EventStream, eventText, Stream } from './event-stream.ts';
import { Gate, targetOf } from './gate.ts';
import { isCrossSite, ownNames } from './hosts.ts';
import { PanelRefusal } from './refusal.ts';
import { type PanelReply, type Route, type Routes, RouteTable } from './route.ts';
import { StaticPages, type Statics } from './statics.ts';

export type { EventStream } from './event-stream.ts';

export interface PanelOptions {
  /** `127.0.0.1:8787`, `[::]:8787`; port 0: any that is free. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Names beside addresses and this computer's own that requests may use. */
  readonly hosts?: readonly string[];
  readonly access: Access;
  /** Beside those of login, claim and users, which are there always. */
  readonly routes: Routes;
  readonly statics?: Statics;
  /** `welcome`: events that each new listener gets at once. */
  readonly stream?: {
    readonly path: string;
    readonly welcome?: () => readonly { readonly event: string; readonly data: string }[];
  };
  /** Something went wrong that who asks gets no more than a 500 of. */
  readonly failed: (thrown: unknown) => void;
}

export interface PanelServer {
  readonly port: number;
  readonly stream: EventStream;
  close(): void;
}

const connectionsMost = 160;
const headersMs = 5000;
const requestMs = 15_000;
const keepAliveMs = 15_000;
/** Longer than the loop may take for a command. */
const silentMs = 40_000;
const headerBytes = 8192;
/** What is still taken of a request that was refused, so that its sender gets to read why. */
const partingBytes = 256 * 1024;
const partingMs = 1000;

const safeHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** `127.0.0.1:8787` or `[::1]:8787` → its two parts. */
export function listenOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(text.slice(colon + 1)) };
}

function refusalReply(refusal: PanelRefusal): PanelReply {
  const { retryAfterS, status, told } = refusal;
  const headers = retryAfterS === null ? {} : { 'Retry-After': String(retryAfterS) };
  return { status, type: 'application/json', body: JSON.stringify(told), headers };
}

class Pages {
  readonly #options: PanelOptions;
  readonly #gate: Gate;
  readonly #table: RouteTable;
  readonly #statics: StaticPages;
  readonly #isOwnName: (header: string | undefined) => boolean;
  readonly stream: Stream;

  constructor(options: PanelOptions) {
    this.#options = options;
    const { access, tls } = options;
    const jar = cookieJar(listenOf(options.listen).port, tls !== undefined);
    this.#gate = new Gate({ access, jar });
    this.#table = new RouteTable([...accessRoutes(access, jar), ...options.routes]);
    this.#statics = new StaticPages(options.statics ?? []);
    this.#isOwnName = ownNames(options.hosts ?? []);
    this.stream = new Stream((key) => access.goesOn(key));
    access.onEnded((keys) => this.stream.end(keys));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: PanelReply | null;
    try {
      reply = await this.#reply(request, response);
    } catch (thrown) {
      if (!(thrown instanceof PanelRefusal)) this.#options.failed(thrown);
      reply = refusalReply(thrown instanceof PanelRefusal ? thrown : new PanelRefusal('failed'));
    }
    if (reply !== null && !response.destroyed) send(request, response, reply);
  }

  /** Null: the response is a stream now. Throws refusals. */
  async #reply(request: IncomingMessage, response: ServerResponse): Promise<PanelReply | null> {
    if (!this.#isOwnName(request.headers.host)) throw new PanelRefusal('host-unknown');
    const target = targetOf(request.url ?? '');
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const page = method === 'GET' ? this.#statics.reply(target.path, request.headers) : null;
    if (page !== null) return page;
    if (target.path === this.#options.stream?.path && method === 'GET')
      return this.#listen(request, response);
    const found = this.#table.find(target.path);
    if (found === null && !this.#isOther(target.path)) throw new PanelRefusal('no-such-page');
    const route = found?.routes.get(method);
    if (found === null || route === undefined) {
      const allowed = found === null ? ['GET'] : [...found.routes.keys()];
      const allow = allowed.map((each) => (each === 'GET' ? 'GET, HEAD' : each)).join(', ');
      return { ...refusalReply(new PanelRefusal('wrong-method')), headers: { Allow: allow } };
    }
    return route.handle(await this.#gate.pass(request, response, { ...target, found, route }));
  }

  #isOther(path: string): boolean {
    return this.#statics.has(path) || path === this.#options.stream?.path;
  }

  #listen(request: IncomingMessage, response: ServerResponse): null {
    if (isCrossSite(request)) throw new PanelRefusal('cross-site');
    const asked = this.#gate.asked(request);
    this.#gate.assertMay(asked, streamRoute);
    const welcome = this.#options.stream?.welcome?.() ?? [];
    const text = welcome.map(({ event, data }) => eventText(event, data)).join('');
    this.stream.add({ response, address: asked.address, key: asked.key }, text, safeHeaders);
    return null;
  }
}

const streamRoute: Route = {
  method: 'GET',
  role: 'viewer',
  handle: () => {
    throw new Error('a stream is no page');
  },
};

/** Takes a little more of a request that is not read to its end, then cuts it off. */
function letGo(request: IncomingMessage): void {
  let seen = 0;
  request.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > partingBytes) request.socket.destroy();
  });
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, partingMs).unref();
}

function send(request: IncomingMessage, response: ServerResponse, reply: PanelReply): void {
  const { status, type, body, headers } = reply;
  if (!request.complete) letGo(request);
  const size = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { ...safeHeaders, 'Content-Type': type, ...size, ...headers });
  response.end(request.method === 'HEAD' || status === 304 ? undefined : body);
}

/** Throws what is wrong with the certificate; the library of TLS is loaded only where it is used. */
async function makeServer({ tls, failed }: PanelOptions): Promise<Server> {
  const options: ServerOptions = {
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: keepAliveMs,
  };
  if (tls === undefined) return createServer(options);
  const { createServer: createSecure } = await import('node:https');
  const secure = createSecure({
    ...options,
    ...readPair(tls),
    minVersion: leastTls,
    handshakeTimeout: headersMs,
  });
  const use = (pair: ReturnType<typeof readPair>): void =>
    secure.setSecureContext({ ...pair, minVersion: leastTls });
  const watch = new CertificateWatch(tls, use, failed);
  secure.prependListener('connection', () => watch.look());
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  return secure;
}

/** Rejects when it cannot listen, or its certificate cannot be used: it never goes on without. */
export async function servePanel(options: PanelOptions): Promise<PanelServer> {
  const server = await makeServer(options);
  const pages = new Pages(options);
  const connections = new Connections(connectionsMost);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    response.once('close', connections.work(request.socket));
    void pages.answer(request, response);
  };
  server.on('request', serve);
  // Whether to send a body at all is decided by the same checks.
  server.on('checkContinue', serve);
  server.prependListener('connection', (socket) => connections.add(socket));
  server.setTimeout(silentMs, (socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenOf(options.listen), () => resolve());
  });
  server.on('error', options.failed);
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    pages.stream.close();
    server.close();
    server.closeAllConnections();
  };
  return { port, stream: pages.stream, close };
}
