/** Wall times of a start whose clock was not known, through a real keep child. */
import { expect, test } from 'vitest';
import type { Instant } from '../../agent/records.ts';
import type { Keeper } from '../../agent/store/keeper.ts';
import {
  alertBody,
  at,
  cycleBody,
  makeBoot,
  startKeeper,
  temporaryDirectory,
} from './store-support.ts';

const day = 86_400_000;
/** As a gateway without a battery has it: 1970. */
const unset = (monoMs: number): Instant => ({ monoMs, wallMs: monoMs + 30_000 });
const offsetMs = at(0).wallMs;

async function walls(keeper: Keeper, order: 'oldest' | 'newest' = 'oldest') {
  const { rows } = await keeper.query('cycles', { order, limit: 1000 });
  return rows;
}

async function filledUp(keeper: Keeper): Promise<void> {
  for (;;) {
    const rows = await walls(keeper, 'newest');
    if (rows.every(({ clockFilled, clockSynced }) => clockFilled || clockSynced)) return;
  }
}

test('are put right once it is known, in place, and say so', async () => {
  const clock = { known: false };
  const boot = { ...makeBoot(), startedWallMs: 30_000, startedMonoMs: 0, clockSynced: false };
  const { keeper } = startKeeper(temporaryDirectory(), { boot, clockSynced: () => clock.known });
  for (let shot = 1; shot <= 600; shot += 1) keeper.keep(cycleBody(shot), unset(shot * 1000));
  keeper.keep(alertBody('a'), unset(601_000));
  await keeper.flush();
  expect((await walls(keeper))[0]).toMatchObject({ wallMs: 31_000, clockSynced: false });
  // These are on their way when the clock is set.
  for (let shot = 601; shot <= 620; shot += 1) keeper.keep(cycleBody(shot), unset(shot * 1000));
  keeper.fixClock({ offsetMs, vouched: true });
  clock.known = true;
  for (let shot = 621; shot <= 640; shot += 1) keeper.keep(cycleBody(shot), at(shot * 1000));
  await keeper.flush();
  await filledUp(keeper);
  const rows = await walls(keeper);
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 640 }, (_, i) => i + 1));
  expect(rows.map(({ wallMs }) => wallMs)).toEqual(
    rows.map(({ index }) => at(index * 1000).wallMs),
  );
  expect(rows.filter(({ clockFilled }) => clockFilled)).toHaveLength(620);
  expect(rows.every(({ clockSynced }) => clockSynced)).toBe(true);
  const [alert] = await keeper.query('alerts', {});
  expect(alert).toMatchObject({ raisedWallMs: at(601_000).wallMs, clockFilled: true });
  const since = await keeper.query('cycles', { fromWallMs: at(0).wallMs, limit: 1000 });
  expect(since.rows).toHaveLength(640);
});

test('are put right although the child is killed meanwhile', async () => {
  const dir = temporaryDirectory();
  const { keeper, seen } = startKeeper(dir, { clockSynced: () => false });
  for (let shot = 1; shot <= 3000; shot += 1) keeper.keep(cycleBody(shot), unset(shot));
  await keeper.flush();
  keeper.fixClock({ offsetMs, vouched: true });
  process.kill(keeper.stats().pid ?? 0, 'SIGKILL');
  await seen('store-restarted');
  await keeper.opened();
  await filledUp(keeper);
  const account = await keeper.query('accounting', {});
  expect(account).toMatchObject({ kept: 3000, repeated: 0, missing: 0, outOfOrder: 0 });
  await keeper.close();
  // The next start finds nothing left to do, and its own records untouched.
  const { keeper: next } = startKeeper(dir);
  next.keep(cycleBody(1), at(5));
  await next.flush();
  expect((await walls(next, 'newest'))[0]).toMatchObject({
    wallMs: at(5).wallMs,
    clockFilled: false,
  });
});

test('of a likely clock stay marked, and are put right for good when it is known', async () => {
  const { keeper } = startKeeper(temporaryDirectory(), { clockSynced: () => false });
  keeper.keep(cycleBody(1), unset(1000));
  keeper.fixClock({ offsetMs: offsetMs - day, vouched: false });
  await keeper.flush();
  const first = async () => (await walls(keeper))[0];
  while ((await first())?.wallMs === unset(1000).wallMs);
  expect(await first()).toMatchObject({ wallMs: at(1000).wallMs - day, clockSynced: false });
  keeper.fixClock({ offsetMs, vouched: true });
  await filledUp(keeper);
  expect(await first()).toMatchObject({ wallMs: at(1000).wallMs, clockFilled: true });
});

test('that were known are left alone, whatever steps came between', async () => {
  const clock = { known: true };
  const { keeper } = startKeeper(temporaryDirectory(), { clockSynced: () => clock.known });
  keeper.keep(cycleBody(1), at(1));
  clock.known = false;
  const ahead = { monoMs: 2, wallMs: at(2).wallMs + day };
  keeper.keep(cycleBody(2), ahead);
  keeper.fixClock({ offsetMs, vouched: true });
  clock.known = true;
  keeper.keep(cycleBody(3), at(3));
  await keeper.flush();
  await filledUp(keeper);
  const rows = await walls(keeper);
  expect(rows.map(({ wallMs, clockFilled }) => [wallMs - offsetMs, clockFilled])).toEqual([
    [1, false],
    [2, true],
    [3, false],
  ]);
});
