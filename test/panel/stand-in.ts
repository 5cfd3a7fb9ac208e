/**
 * A stand-in for the panel's server: the real pages with the real content security policy, the
 * contract's reads from a plant that a test scripts, and a record of every POST.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MachinePage, Me, Overview, ShotView } from '../../agent/panel/contract.ts';
import { panelPages } from '../../agent/panel/pages.ts';
import { historyOf, machinePageOf } from './plant.ts';
import { qualityOf } from './quality-report.ts';

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export interface Posted {
  readonly path: string;
  readonly body: unknown;
  readonly token: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export const operator: Me = {
  visitor: { name: '김반장', role: 'operator', kiosk: false },
  claimable: false,
  token: 'token-1',
};

const beatMs = 500;

export class StandIn {
  overview: Overview;
  me: Me = operator;
  parts: readonly string[] = [''];
  /** What a POST is answered; may wait, so that a test sees the page meanwhile. */
  answer: (posted: Posted) => Reply | Promise<Reply> = () => ({ status: 200, body: {} });
  /** False: the stream stays open and says nothing. */
  speaking = true;
  /** What a machine's page is, beyond the overview's. */
  machinePage: (page: MachinePage) => MachinePage = (page) => page;
  /** What stands in place of a file, e.g. of a newer agent. */
  rewrite: (path: string, body: Buffer) => Buffer = (_path, body) => body;
  readonly posts: Posted[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  readonly #beat: NodeJS.Timeout;
  #server: Server | null = null;
  #port = 0;

  constructor(overview: Overview) {
    this.overview = overview;
    this.#beat = setInterval(() => this.push(), beatMs);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Listens, on the same port as before when it was stopped. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As if the process had been killed: every connection ends, nothing listens. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#streams.clear();
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    await this.stop();
  }

  push(overview: Overview = this.overview): void {
    this.overview = overview;
    if (this.speaking) this.#send('overview', overview);
  }

  pushShot(machine: string, shot: ShotView): void {
    this.#send('shot', { machine, shot });
  }

  #send(event: string, data: unknown): void {
    for (const stream of this.#streams)
      stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (request.method === 'POST') return this.#take(url.pathname, request, response);
    const page = panelPages().get(url.pathname);
    if (page !== undefined) {
      response.writeHead(200, { 'Content-Type': page.type, 'Content-Security-Policy': policy });
      response.end(this.rewrite(url.pathname, page.body));
      return;
    }
    if (url.pathname === '/events' && this.me.visitor !== null) return this.#open(response);
    const { status, body } = this.#read(url.pathname);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  #open(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    response.write(': hello\n\n');
    if (this.speaking)
      response.write(`event: overview\ndata: ${JSON.stringify(this.overview)}\n\n`);
  }

  #read(path: string): Reply {
    if (path === '/api/me') return { status: 200, body: this.me };
    if (this.me.visitor === null) return refusal(401, '로그인이 필요합니다.', 'Log in first.');
    if (path === '/api/overview') return { status: 200, body: this.overview };
    if (path === '/api/history') return { status: 200, body: historyOf(this.overview) };
    if (path === '/api/quality') return { status: 200, body: qualityOf() };
    const id = /^\/api\/machines\/([^/]+)$/.exec(path)?.[1];
    const page = id === undefined ? null : machinePageOf(this.overview, id, this.parts);
    return page === null
      ? refusal(404, '없는 설비입니다.', 'No such machine.')
      : { status: 200, body: this.machinePage(page) };
  }

  async #take(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = request.headers['x-ppuri-token'];
    const posted = {
      path,
      body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
      token: typeof token === 'string' ? token : undefined,
    };
    this.posts.push(posted);
    const { status, body } = await this.answer(posted);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
}

/** An error as the contract has it. */
export function refusal(status: number, ko: string, en: string): Reply {
  return { status, body: { error: { code: 'refused', message: { ko, en } } } };
}
