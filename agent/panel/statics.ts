/** The pages themselves: files that are the same for everybody, packed once. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { PanelReply } from './route.ts';

export interface StaticPage {
  /** Content-Type. */
  readonly type: string;
  readonly body: string | Buffer;
  /** Default: packed at the start. */
  readonly gzip?: Buffer;
}

/** By path, e.g. `/` and `/app.js`. */
export type Statics = Iterable<readonly [path: string, page: StaticPage]>;

interface Ready extends StaticPage {
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly tag: string;
}

export class StaticPages {
  readonly #pages: ReadonlyMap<string, Ready>;

  constructor(statics: Statics) {
    this.#pages = new Map([...statics].map(([path, page]) => [path, ready(page)] as const));
  }

  has(path: string): boolean {
    return this.#pages.has(path);
  }

  /** Null: there is no such page. */
  reply(path: string, headers: IncomingHttpHeaders): PanelReply | null {
    const page = this.#pages.get(path);
    if (page === undefined) return null;
    const { type, tag } = page;
    const packed =
      /\bgzip\b/.test(headers['accept-encoding'] ?? '') && page.gzip.length < page.body.length;
    const same = {
      ETag: packed ? `"${tag}-gz"` : `"${tag}"`,
      'Cache-Control': 'no-cache',
      Vary: 'Accept-Encoding',
    };
    if ((headers['if-none-match'] ?? '').split(/\s*,\s*/).includes(same.ETag))
      return { status: 304, type, body: '', headers: same };
    if (!packed) return { status: 200, type, body: page.body, headers: same };
    return {
      status: 200,
      type,
      body: page.gzip,
      headers: { ...same, 'Content-Encoding': 'gzip' },
    };
  }
}

function ready({ type, body, gzip }: StaticPage): Ready {
  const bytes = Buffer.from(body);
  const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return { type, body: bytes, gzip: gzip ?? gzipSync(bytes, { level: 9 }), tag };
}
