/** A real file system that is full: what is kept is delivered, once, though nothing of it can be noted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpReceiver } from '../../agent/receive/http-receiver.ts';
import { freePort } from '../fixtures/free-port.ts';
import { ReceivedBook } from '../fixtures/received.ts';
import { canMakeDisks, SmallDisk } from '../fixtures/small-disk.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper } from '../unit/store-support.ts';

const at = { monoMs: 1, wallMs: 1 };

test.skipIf(!canMakeDisks())(
  'what is acknowledged while the disk is full is not sent again (needs root)',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-full-'));
    const disk = new SmallDisk(dir, 40);
    onTestFinished(() => {
      disk.close();
      rmSync(dir, { recursive: true, force: true });
    });
    const port = await freePort();
    const sync = planOf([{ type: 'https', url: `http://127.0.0.1:${port}/` }]);
    const { keeper, seen } = startKeeper(join(disk.root, 'store'), { sync, maxMiB: 16 });
    let made = 0;
    const keep = (count: number): void => {
      for (let more = 0; more < count; more += 1) {
        made += 1;
        keeper.keep(cycleBody(made), at);
      }
    };
    keep(2500);
    await keeper.flush(30_000);
    // Until not even what the store had put by has room.
    let isFull = false;
    void Promise.race([seen('store-full'), seen('store-down')]).then(() => {
      isFull = true;
    });
    while (!isFull) {
      disk.fill();
      keep(50);
      await keeper.flush(3000).catch(() => undefined);
    }
    disk.fill();
    const book = new ReceivedBook();
    const receiver = await startHttpReceiver({
      ...{ host: '127.0.0.1', port },
      keep: (records, lane) => book.takeAll(records, lane),
    });
    onTestFinished(() => receiver.close());
    const { kept } = await keeper.query('ledger', {});
    await book.until(kept);
    disk.unfill();
    const left = async () => Number((await keeper.query('ledger', {})).pending.https);
    await keeper.flush(30_000);
    while ((await left()) > 0);
    expect(book.repeats).toBe(0);
  },
  90_000,
);
