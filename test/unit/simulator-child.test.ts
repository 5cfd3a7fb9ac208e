import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forkRole } from '../../agent/role.ts';
import { startSimulator } from '../../agent/simulator/client.ts';
import { writeDataset } from '../../agent/simulator/dataset.ts';
import type { MadeShot, PlantWrite } from '../../agent/simulator/plant.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { parseTable } from '../../models/table.ts';
import { clientAt } from './simulator-support.ts';

const machine = {
  id: 'dc-01',
  profile: 'die-casting-cold-chamber',
  unit: 1,
  seed: 1,
  speed: 4000,
} as const;

describe('the simulator child', () => {
  it('serves plants, hands over shots and writes, stops when told', async () => {
    const shots: MadeShot[] = [];
    const several = Promise.withResolvers<void>();
    const written = Promise.withResolvers<PlantWrite>();
    const simulator = await startSimulator({
      fork: forkRole,
      plants: [{ machines: [{ ...machine, meterUnit: 101 }] }, { machines: [machine] }],
      handlers: {
        shot: (shot, plant) => {
          shots.push(shot);
          expect(plant).toBe(0);
          if (shots.length === 5) several.resolve();
        },
        write: (write) => written.resolve(write),
      },
    });
    onTestFinished(() => simulator.stop());
    expect(simulator.ports.length).toBe(2);
    const client = await clientAt(simulator.ports[0] ?? 0, 1);
    await client.readHoldingRegisters(0, 1);
    await several.promise;
    await client.writeCoil(0, true);
    const write = await written.promise;
    expect(write).toMatchObject({ unit: 1, table: 'coil', values: [1] });
    expect(write.answered.counterMs).toBeLessThan(write.monoMs);
    expect(write.answered.blockMs).toBeNull();
    // A read of one register is 12 bytes and 11, a coil write 12 and 12.
    expect((await simulator.traffic())[0]).toEqual({ requests: 2, bytesIn: 24, bytesOut: 23 });
    await simulator.stopShots();
    const last = (await client.readHoldingRegisters(0, 1)).data[0];
    expect(shots.at(-1)?.shot).toBe(last);
    expect(shots.map(({ index }) => index)).toEqual(shots.map((_, i) => i + 1));
    await simulator.stop();
    expect(() => process.kill(simulator.pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('fails to start with the error its plants had, and leaves no process', async () => {
    const plants = [{ machines: [{ ...machine, profile: 'die-casting-cold-chmber' }] }];
    await expect(startSimulator({ fork: forkRole, plants })).rejects.toMatchObject({
      code: 'profile-invalid',
      hint: expect.stringContaining('die-casting-cold-chamber'),
    });
  });

  it('tells when it is lost, and ends when its parent goes', async () => {
    const lost = Promise.withResolvers<string>();
    const simulator = await startSimulator({
      fork: forkRole,
      plants: [{ machines: [machine] }],
      handlers: { lost: ({ code }) => lost.resolve(code) },
    });
    process.kill(simulator.pid ?? 0, 'SIGKILL');
    expect(await lost.promise).toBe('internal');
    const child = forkRole('simulate');
    child.send({ type: 'start', plants: [{ machines: [machine] }] });
    await once(child, 'message');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('a data set', () => {
  it('holds what a reader of the registers would have got, with its truth, the same for one seed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-dataset-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const profile = loadProfile('die-casting-cold-chamber');
    const make = async (name: string) => {
      const path = join(dir, name);
      const scenario = { freezeRate: 0.01, garbageRate: 0.02 };
      const summary = await writeDataset({
        profile,
        path,
        shots: 600,
        seed: 4,
        machines: 2,
        scenario,
      });
      return { summary, text: readFileSync(path, 'utf8') };
    };
    const first = await make('a.csv');
    expect((await make('b.csv')).text).toBe(first.text);
    const table = parseTable(first.text, 'a.csv');
    expect(table.rows.length).toBe(600);
    const at = (name: string) => table.column(name);
    const times = table.rows.map((row) => Date.parse(row[at('time')] ?? ''));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const scored = table.rows.filter((row) => row[at('suppressed')] === '');
    const bad = scored.filter((row) => row[at('passorfail')] === '1');
    expect(bad.length).toBe(first.summary.defects);
    for (const row of bad) expect(Object.keys(profile.defects)).toContain(row[at('cause')]);
    for (const row of scored) expect(row[at('biscuitThickness')]).toMatch(/^(\d+(\.\d)?)?$/);
    const freezable = Object.keys(profile.signals).filter(
      (name) => profile.signals[name]?.frozenAfterCycles !== undefined,
    );
    const empty = freezable.reduce(
      (sum, name) => sum + table.rows.filter((row) => row[at(name)] === '').length,
      0,
    );
    expect(empty).toBeGreaterThan(10);
    expect(first.text).not.toMatch(/,(65535|65534|6553\.[45]|1449|-3276\.8|4294967295),/);
    for (const row of table.rows) expect(row[at('meltVolume')]).not.toMatch(/^-/);
  });
});
