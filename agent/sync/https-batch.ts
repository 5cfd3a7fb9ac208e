/** HTTPS: batches of records as gzip NDJSON, each POST acknowledged as a whole. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { PpuriError } from '../../config/errors.ts';
import { readSecret } from '../../config/secret.ts';
import type { HttpsTargetConfig, SyncPlan } from '../../config/sync-schema.ts';
import { HttpPoster } from './http-poster.ts';
import { messageOf, type Named } from './message.ts';
import { type Address, openSocket } from './socket.ts';
import type { Connection, DeliverableRecord, Lane, Sent, Target } from './target.ts';

/** A few hundred KiB before they are packed. */
const batchRecords = 200;
/** Of a request beside its body, about. */
const headerBytes = 300;

export function createHttps(config: HttpsTargetConfig, plan: SyncPlan): Target {
  const url = new URL(config.url);
  const encrypted = url.protocol === 'https:';
  const port = url.port === '' ? (encrypted ? 443 : 80) : Number(url.port);
  const { ca, cert, key, token } = config;
  const address: Address = { host: url.hostname, port, encrypted, ca, cert, key };
  return {
    name: config.name,
    recentFirst: true,
    async connect({ signal }) {
      const secret = token === undefined ? undefined : readSecret(token);
      const socket = await openSocket(address, signal);
      const poster = new HttpPoster({ url, address, token: secret, socket });
      return new HttpsConnection(poster, plan);
    },
  };
}

/** Gateway, start, first and last: of a batch with holes, a digest of what is in it as well. */
export function batchKey(gateway: string, records: readonly DeliverableRecord[]): string {
  const seqs = records.map(({ seq }) => seq);
  const [first = 0, last = 0] = [seqs[0], seqs.at(-1)];
  const whole = last - first + 1 === seqs.length;
  const holes = whole
    ? ''
    : `.${createHash('sha256').update(seqs.join()).digest('hex').slice(0, 16)}`;
  return `${gateway}/${records[0]?.boot}/${first}-${last}${holes}`;
}

/** Each of one start of the agent. */
function byBoot(records: readonly DeliverableRecord[]): DeliverableRecord[][] {
  const groups = Map.groupBy(records, ({ boot }) => boot);
  return [...groups.values()];
}

class HttpsConnection implements Connection {
  readonly window = batchRecords;
  readonly batch = batchRecords;
  readonly ended: Promise<PpuriError>;
  readonly #poster: HttpPoster;
  readonly #named: Named;

  constructor(poster: HttpPoster, named: Named) {
    this.#poster = poster;
    this.#named = named;
    this.ended = poster.ended;
  }

  get retryAfterMs(): number {
    return this.#poster.retryAfterMs;
  }

  send(records: readonly DeliverableRecord[], lane: Lane): Sent {
    let bytes = 0;
    const posts = byBoot(records).map((group) => {
      const lines = group.map((record) => `${messageOf(record, this.#named)}\n`).join('');
      const body = gzipSync(lines);
      bytes += body.length + headerBytes;
      const key = batchKey(this.#named.gateway, group);
      return this.#poster.post(body, { 'idempotency-key': key, 'ppuri-lane': lane });
    });
    return { bytes, done: Promise.all(posts).then(() => undefined) };
  }

  close(): void {
    this.#poster.close();
  }
}
