/** The whole program with a wall clock of its own (libfaketime), which starts in 1970 and jumps about. */
import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeClock } from '../fixtures/fake-clock.ts';
import { needs } from '../fixtures/programs.ts';
import { run, start } from './program.ts';

needs('faketime');

const day = 86_400;

test('a start in 1970, and steps of a day and an hour, lose, repeat and reorder nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-clock-'));
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const file = join(dir, 'ppuri.yaml');
  await writeFile(
    file,
    `gateway: { id: gw-1, clock: trusted }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }
store: { path: ${join(dir, 'store')} }
`,
  );
  const clock = fakeClock(dir);
  clock.set(-Math.round(Date.now() / 1000) + 60);
  const agent = start(['run', '-c', file], dir, 'pipe', clock.env);
  const cyclesOf = async () =>
    JSON.parse((await run(['cycles', '-c', file, '--json', '--limit', 'all'])).stdout).cycles;
  const shots = async (more: number): Promise<void> => {
    const from = (await cyclesOf()).length;
    while ((await cyclesOf()).length < from + more);
  };
  try {
    await agent.line(/"bus-connected"/);
    await shots(3);
    const first = await cyclesOf();
    expect(new Date(first[0].wallMs).getUTCFullYear()).toBe(1970);
    expect(first[0].clockSynced).toBe(false);
    clock.set(0);
    await agent.line(/"clock-known"/);
    for (const offsetS of [day, -day, 3600, -3600, 0]) {
      clock.set(offsetS);
      await shots(2);
    }
    const { agent: seen } = JSON.parse((await run(['status', '-c', file, '--json'])).stdout);
    expect(seen.clock).toMatchObject({ state: 'trusted', known: true });
    expect(seen.clock.steps).toBeGreaterThanOrEqual(3);
    expect(seen.uptimeMs).toBeLessThan(600_000);
    expect(seen.machines[0].last.ageMs).toBeLessThan(600_000);
  } finally {
    agent.process.kill('SIGTERM');
    await agent.finished;
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  }
  const cycles: {
    seq: number;
    shot: number;
    index: number;
    wallMs: number;
    clockSynced: boolean;
  }[] = (await cyclesOf()).reverse();
  const places = cycles.map((_, i) => i);
  expect(cycles.map(({ index }) => index)).toEqual(places.map((i) => i + 1));
  expect(cycles.map(({ shot }) => shot)).toEqual(places.map((i) => (cycles[0]?.shot ?? 0) + i));
  expect(cycles.map(({ seq }) => seq)).toEqual(
    cycles.map(({ seq }) => seq).toSorted((a, b) => a - b),
  );
  // None is left in 1970, and a report of the last hour has those of before the clock was set.
  expect(cycles.every(({ clockSynced }) => clockSynced)).toBe(true);
  expect(Math.min(...cycles.map(({ wallMs }) => wallMs))).toBeGreaterThan(
    Date.now() - 2 * day * 1000,
  );
  const recent = JSON.parse(
    (await run(['cycles', '-c', file, '--json', '--limit', 'all', '--since', '1h'])).stdout,
  ).cycles;
  expect(recent.map(({ shot }: { shot: number }) => shot)).toContain(cycles[0]?.shot);
  const ledger = JSON.parse((await run(['status', '-c', file, '--json'])).stdout).last;
  expect(ledger).toMatchObject({ repeated: 0, missing: 0, outOfOrder: 0 });
});
