import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClockFix, WallClock } from '../../agent/health/clock.ts';
import { readSync, type SyncSign } from '../../agent/health/clock-signs.ts';
import type { AgentEvent } from '../../agent/records.ts';

const now = Date.UTC(2026, 10, 26);
const hour = 3_600_000;

/** A clock whose every part the test moves. */
function watched(trust: 'auto' | 'trusted', first: { wallMs: number } & SyncSign) {
  const at = { ...first, monoMs: 500 };
  const events: AgentEvent[] = [];
  const fixes: ClockFix[] = [];
  const clock = new WallClock(
    trust,
    { onEvent: (event) => events.push(event), onFix: (fix) => fixes.push(fix) },
    {
      wallMs: () => at.wallMs,
      monoMs: () => at.monoMs,
      sync: () => ({ synced: at.synced, stamp: at.stamp }),
    },
  );
  const pass = (ms: number, change: { stepMs?: number } & Partial<SyncSign> = {}): void => {
    at.monoMs += ms;
    at.wallMs += ms + (change.stepMs ?? 0);
    if (change.synced !== undefined) at.synced = change.synced;
    if (change.stamp !== undefined) at.stamp = change.stamp;
    clock.look();
  };
  return { clock, events, fixes, pass, at, kinds: () => events.map(({ kind }) => kind) };
}

describe('the wall clock', () => {
  test('that is set from the network is known, and stays so while it only slews', () => {
    const { clock, pass, events, fixes } = watched('auto', { wallMs: now, synced: true, stamp: 1 });
    for (let i = 0; i < 100; i += 1) pass(1000, { stepMs: i % 2 === 0 ? 40 : -30 });
    expect(clock.status()).toMatchObject({ state: 'synced', known: true, steps: 0 });
    expect([events, fixes]).toEqual([[], []]);
  });

  test('that starts in 1970 becomes known with the first synchronisation', () => {
    const { clock, pass, fixes, kinds, at } = watched('auto', {
      wallMs: 12_000,
      synced: false,
      stamp: null,
    });
    expect(clock.status()).toMatchObject({ state: 'wrong', known: false });
    pass(1000);
    pass(1000, { stepMs: now, synced: true, stamp: now });
    expect(clock.status()).toMatchObject({ state: 'synced', known: true, steps: 1 });
    expect(kinds()).toEqual(['clock-stepped', 'clock-known']);
    expect(fixes).toEqual([{ offsetMs: at.wallMs - at.monoMs, vouched: true }]);
  });

  test.each([24 * hour, -24 * hour, hour, -hour])(
    'set by %d ms by hand is not to be relied on until it is synchronised',
    (stepMs) => {
      const { clock, pass, fixes, kinds, events } = watched('auto', {
        wallMs: now,
        synced: true,
        stamp: 1,
      });
      pass(1000, { stepMs });
      expect(clock.status()).toMatchObject({ state: 'stepped', known: false, lastStepMs: stepMs });
      expect(kinds()).toEqual(['clock-stepped', 'clock-unknown']);
      expect(events[0]?.level).toBe('warn');
      pass(50_000);
      expect(fixes).toEqual([]);
      pass(20_000, { stepMs: -stepMs, stamp: 2 });
      expect(clock.status()).toMatchObject({ state: 'synced', known: true, steps: 2 });
      expect(fixes).toEqual([{ offsetMs: now - 500, vouched: true }]);
      expect(kinds().slice(2)).toEqual(['clock-stepped', 'clock-known']);
    },
  );

  test('set by the time daemon itself stays known', () => {
    const { clock, pass, kinds } = watched('auto', { wallMs: now, synced: true, stamp: 1 });
    pass(1000, { stepMs: hour, stamp: 2 });
    expect(clock.status()).toMatchObject({ state: 'synced', steps: 1 });
    expect(kinds()).toEqual(['clock-stepped']);
  });

  test('that nobody vouches for gives a likely time after an impossible one', () => {
    const { clock, pass, fixes } = watched('auto', { wallMs: 0, synced: null, stamp: null });
    pass(1000, { stepMs: now });
    expect(clock.status()).toMatchObject({ state: 'unsaid', known: false });
    expect(fixes).toMatchObject([{ vouched: false }]);
  });

  test('that the configuration trusts is known wherever it can be right', () => {
    const { clock, pass, fixes } = watched('trusted', { wallMs: 0, synced: null, stamp: null });
    expect(clock.known).toBe(false);
    pass(1000, { stepMs: now });
    expect(clock.status()).toMatchObject({ state: 'trusted', known: true });
    expect(fixes).toMatchObject([{ vouched: true }]);
    pass(1000, { stepMs: hour });
    expect(clock.known).toBe(true);
  });

  test('that does not stand still is told of once a minute, with the sum', () => {
    const { clock, pass, events } = watched('trusted', { wallMs: now, synced: null, stamp: null });
    for (let i = 0; i < 120; i += 1) pass(1000, { stepMs: 500 });
    expect(clock.status().steps).toBe(120);
    expect(events.map(({ text }) => text.slice(0, 58))).toEqual([
      'the wall clock was set 0.5 s forward; order, age and deadl',
      'the wall clock was set 30.0 s forward in 60 steps; order, ',
    ]);
  });
});

describe('what the system says', () => {
  const wallMs = Date.now();
  function root(files: Readonly<Record<string, { text?: string; atMs?: number }>>): string {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-clock-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    for (const [file, { text, atMs }] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), text ?? '');
      if (atMs !== undefined) utimesSync(join(dir, file), atMs / 1000, atMs / 1000);
    }
    return dir;
  }
  const chrony = { 'run/chrony/chronyd.pid': { text: '812\n' } };
  const drift = 'var/lib/chrony/chrony.drift';

  test('nothing', () => expect(readSync(root({}), wallMs).synced).toBeNull());

  test('systemd-timesyncd: not yet, then when', () => {
    const dir = root({ 'run/systemd/timesync/.keep': {} });
    expect(readSync(dir, wallMs).synced).toBe(false);
    writeFileSync(join(dir, 'run/systemd/timesync/synchronized'), '');
    expect(readSync(dir, wallMs)).toMatchObject({ synced: true, stamp: expect.any(Number) });
  });

  test('chrony, by a drift file of this start of the system only', () => {
    const begunMs = wallMs - uptime() * 1000;
    const at = (atMs: number) => readSync(root({ ...chrony, [drift]: { atMs } }), wallMs).synced;
    expect(at(wallMs - 1000)).toBe(true);
    expect(at(begunMs - hour)).toBeNull();
    expect(readSync(root({ [drift]: { atMs: wallMs } }), wallMs).synced).toBeNull();
    // The clock is where it was years ago: the file, of the last start, lies in its future.
    expect(readSync(root({ ...chrony, [drift]: { atMs: wallMs } }), 0).synced).toBeNull();
  });
});
