/** A record as receivers get it: the contract of config/receive/README.md. */
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { DeliverableRecord } from './target.ts';

export type Named = Pick<SyncPlan, 'gateway' | 'site'>;

/** One JSON object, without line ends. */
export function messageOf(record: DeliverableRecord, { gateway, site }: Named): string {
  const { boot, seq, at, clockSynced, clockFilled, evicted, body } = record;
  return JSON.stringify({
    ...{ gateway, site, boot, seq, at, clockSynced },
    ...(clockFilled === true ? { clockFilled } : {}),
    ...(evicted.length > 0 ? { evicted } : {}),
    body,
  });
}
