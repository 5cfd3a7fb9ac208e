/** What the panel serves: a page for a method and a path, and who may ask for it. */
import type { Role, Visitor } from './contract.ts';

export interface PanelRequest {
  readonly path: string;
  /** What stands for the `*` of the route's path, decoded; '' without one. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /** Parsed JSON of a POST; undefined for a GET. */
  readonly body: unknown;
  /** Null only where `anyone` may ask. */
  readonly visitor: Visitor | null;
  /** Of the session or kiosk, and what its changes must carry; null each: there is none. */
  readonly key: string | null;
  readonly token: string | null;
  /** IP address of who asks; of a reverse proxy its own. */
  readonly address: string;
  /** It comes from this computer itself, not through a proxy on it. */
  readonly local: boolean;
}

export interface PanelReply {
  readonly status: number;
  /** Content-Type. */
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** `kiosk`: operators and kiosks; `viewer` on a GET: kiosks too. */
export type LeastRole = Role | 'kiosk' | 'anyone';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly role: LeastRole;
  /** Longest body of a POST, bytes; default 64 KiB. */
  readonly bodyMost?: number;
  /** Throws PanelRefusal for what it does not do; whatever else it throws is a 500. */
  handle(request: PanelRequest): PanelReply | Promise<PanelReply>;
}

/** Path → route. A path may end in `/*`, one further step of any name. */
export type Routes = Iterable<readonly [path: string, route: Route]>;

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function mayUse(visitor: Visitor | null, { method, role }: Route): boolean {
  if (role === 'anyone') return true;
  if (visitor === null) return false;
  if (visitor.kiosk) return role === 'kiosk' || (role === 'viewer' && method === 'GET');
  return ranks[visitor.role] >= ranks[role === 'kiosk' ? 'operator' : role];
}

export const jsonReply = (value: unknown, headers?: PanelReply['headers']): PanelReply => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify(value),
  ...(headers === undefined ? {} : { headers }),
});

export interface Found {
  /** By method; at least one. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly rest: string;
}

export class RouteTable {
  readonly #routes = new Map<string, Map<string, Route>>();

  constructor(routes: Routes) {
    for (const [path, route] of routes) {
      const byMethod = this.#routes.get(path) ?? new Map<string, Route>();
      if (byMethod.has(route.method)) throw new RangeError(`two routes ${route.method} ${path}`);
      this.#routes.set(path, byMethod.set(route.method, route));
    }
  }

  find(path: string): Found | null {
    const exact = this.#routes.get(path);
    if (exact !== undefined) return { routes: exact, rest: '' };
    const slash = path.lastIndexOf('/') + 1;
    const routes = this.#routes.get(`${path.slice(0, slash)}*`);
    const rest = routes === undefined ? '' : decoded(path.slice(slash));
    return routes === undefined || rest === '' ? null : { routes, rest };
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not a name of anything.
    return '';
  }
}
