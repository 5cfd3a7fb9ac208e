import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoMachines } from '../../agent/demo/plan.ts';
import { startDemo } from '../../agent/demo/run.ts';
import { createLog } from '../../agent/health/log.ts';
import { prepare } from '../../agent/prepare.ts';
import type { Alert } from '../../agent/records.ts';
import { forkRole } from '../../agent/role.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import { storePaths } from '../../agent/store/paths.ts';
import { readRecords } from '../../agent/store/read-records.ts';

test('in the running agent an alert gets its drivers, and the record of it too', async () => {
  const seed = Date.now() % 100_000;
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-why-'));
  const told: Alert[] = [];
  const explained = Promise.withResolvers<Alert>();
  try {
    const demo = await startDemo({
      options: {
        machines: demoMachines,
        ...{ speed: 50, seed, scenario: 'troubled' as const },
        ...{
          deadlineMs: 2000,
          hardLimitMs: 5000,
          limits: 'profile' as const,
          locale: 'ko' as const,
          panelPort: null,
        },
      },
      fork: forkRole,
      log: createLog(() => undefined, 'error'),
      dir,
      prepare,
      onAlert: (alert) => {
        told.push(alert);
        if (alert.drivers !== undefined) explained.resolve(alert);
      },
    });
    const alert = await Promise.race([explained.promise, demo.broken]);
    const { unaccounted, repeated } = await demo.finish(5000);
    const message = `seed ${seed}: ${JSON.stringify(alert)}`;
    expect({ unaccounted, repeated }, message).toEqual({ unaccounted: 0, repeated: 0 });
    if (alert === undefined) throw new Error(message);
    expect(alert.state, message).toBe('updated');
    expect(told.find(({ id }) => id === alert.id)?.state, message).toBe('raised');
    const kept = keptAlerts(dir).filter(({ id }) => id === alert.id);
    expect(kept.map(({ state }) => state).slice(0, 2), message).toEqual(['raised', 'updated']);
    expect(
      kept.map(({ drivers }) => drivers),
      message,
    ).toContainEqual(alert.drivers);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

function keptAlerts(dir: string): Alert[] {
  const db = openReadOnly(storePaths(join(dir, 'store')).database);
  try {
    const all = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 100_000 };
    return readRecords(db, all).flatMap(({ body }) => (body.kind === 'alert' ? [body.alert] : []));
  } finally {
    db.close();
  }
}
