/** From a raw request to one that may be handled: where it comes from, who asks, what it brings. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access/access.ts';
import { assertBody, bodyMost, readJson } from './body.ts';
import { type CookieJar, cookieOf } from './cookies.ts';
import { addressOf, isCrossSite, isLocal, isOwnOrigin } from './hosts.ts';
import { PanelRefusal } from './refusal.ts';
import { type Found, mayUse, type PanelRequest, type Route } from './route.ts';

export interface GateOptions {
  readonly access: Access;
  readonly jar: CookieJar;
}

export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Without what would make it another host's. */
export function targetOf(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

function bearerOf({ headers, method }: IncomingMessage): string | null {
  if (method !== 'GET' && method !== 'HEAD') return null;
  return /^Bearer ([\w-]+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
}

const isToken = (given: unknown, expected: string): boolean => {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

type Asked = Omit<PanelRequest, 'path' | 'rest' | 'query' | 'body'>;

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Who asks; may be nobody. */
  asked(request: IncomingMessage): Asked {
    const { access, jar } = this.#options;
    const { cookie } = request.headers;
    const address = addressOf(request);
    const local = isLocal(request, address);
    const standing = access.standing({
      session: cookieOf(cookie, jar.session),
      kiosk: cookieOf(cookie, jar.kiosk) ?? bearerOf(request),
      local,
    });
    return { ...standing, address, local };
  }

  /** Throws the refusals `login-needed` and `not-allowed`. */
  assertMay(asked: Asked, route: Route): void {
    if (mayUse(asked.visitor, route)) return;
    // Someone at this computer who has not logged in may become more by doing so.
    throw new PanelRefusal(asked.key === null ? 'login-needed' : 'not-allowed');
  }

  /**
   * What the handler of `route` gets. Throws refusals, the cheap checks first: no body is read of
   * someone who may not send it.
   */
  async pass(
    request: IncomingMessage,
    response: ServerResponse,
    { path, query, found, route }: Target & { readonly found: Found; readonly route: Route },
  ): Promise<PanelRequest> {
    const most = route.bodyMost ?? bodyMost;
    if (route.method === 'POST') {
      if (!isOwnOrigin(request, this.#options.jar.secure)) throw new PanelRefusal('cross-site');
      assertBody(request, most);
    } else if (path.startsWith('/api/') && isCrossSite(request))
      throw new PanelRefusal('cross-site');
    const asked = this.asked(request);
    this.assertMay(asked, route);
    const plain = { ...asked, path, query, rest: found.rest };
    if (route.method === 'GET') return { ...plain, body: undefined };
    if (route.role !== 'anyone' && !isToken(request.headers['x-ppuri-token'], asked.token ?? ''))
      throw new PanelRefusal('token-wrong');
    if (request.headers.expect !== undefined) response.writeContinue();
    return { ...plain, body: await readJson(request, most) };
  }
}
