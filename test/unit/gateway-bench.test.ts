/** `ppuri bench`: what it concludes, how it searches, and that its floor is nothing but simulated. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type Attempt, findCapacity } from '../../agent/bench/capacity.ts';
import { type Bound, figuresOf, type RunFigures } from '../../agent/bench/figures.ts';
import { floorOf } from '../../agent/bench/floor.ts';
import { judgeRun } from '../../agent/bench/judge.ts';
import { spreadOf } from '../../agent/bench/latencies.ts';
import { readLoad } from '../../agent/bench/load.ts';
import { scaleConfig } from '../../agent/bench/scale.ts';
import type { MadeShot, PlantWrite } from '../../agent/simulator/plant.ts';
import { parseConfig } from '../../config/load.ts';
import type { MachineConfig } from '../../config/schema.ts';

const text = `
gateway: { id: gw-secret, site: busan-secret }
buses:
  press: { type: modbus-tcp, host: 10.9.8.7, port: 502 }
  cabinet: { type: modbus-rtu, path: /dev/ttyUSB7, baudRate: 19200, parity: even }
  scale: { type: serial-line, serialNumber: FT123, baudRate: 9600 }
  tower: { type: modbus-rtu-tcp, host: 10.9.8.6, port: 4001 }
machines:
  - id: dc-03
    profile: die-casting-cold-chamber
    devices:
      plc: { bus: press, unit: 1 }
      meter: { bus: cabinet, unit: 7, profile: eastron-sdm630 }
      scale: { bus: scale, profile: cas-scale }
    model: diecast-defect
    reject: { device: plc, coil: 5, pulseMs: 500 }
  - id: im-05
    profile: injection-molding
    devices: { plc: { bus: cabinet, unit: 2 } }
    deadlineMs: 60
outputs:
  light: { type: stack-light, bus: tower, unit: 9, coils: { red: 0, yellow: 1, green: 2, heartbeat: 3 } }
  hook: { type: webhook, url: "https://10.9.8.5/alerts" }
panel: { listen: "0.0.0.0:8787" }
sync: [ { type: https, url: "https://10.9.8.4/in", token: { env: NOT_SET } } ]
store: { path: /nowhere/real }
`;

async function loadOf(yaml: string) {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-bench-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(file, yaml);
  return { dir, load: await readLoad(file) };
}

describe('the floor of a configuration', () => {
  it('has the same machines, and no address of the real ones', async () => {
    const { dir, load } = await loadOf(text);
    const floor = floorOf({ ...load, ptyDir: dir, panelPort: 7001 });
    const ports = { plants: [7010, 7011, 7012], lines: [7013] };
    const written = floor.config(ports, join(dir, 'store'));
    expect(written).not.toMatch(/10\.9\.8\.|ttyUSB|FT123|\/nowhere|secret|https|0\.0\.0\.0/);
    const file = join(dir, 'floor.yaml');
    writeFileSync(file, written);
    expect(parseConfig(file).problems).toEqual([]);
    const config = parse(written);
    expect(config.machines.map(({ id }: { id: string }) => id)).toEqual(['dc-03', 'im-05']);
    expect(config.machines[1]).toMatchObject({ deadlineMs: 60, profile: 'injection-molding' });
    expect(config.buses).toMatchObject({
      press: { host: '127.0.0.1', port: 7010 },
      cabinet: { path: join(dir, 'cabinet'), baudRate: 19_200, parity: 'even' },
      scale: { path: join(dir, 'scale') },
      tower: { host: '127.0.0.1', port: 7012 },
    });
    expect(load.notes.map(({ en }) => en).join()).toMatch(/sync.*webhooks/s);
  });

  it('serves on each bus what the configuration reads and writes there', async () => {
    const { dir, load } = await loadOf(text);
    const { plants, lines } = floorOf({ ...load, ptyDir: dir, panelPort: 7001 });
    const [press, cabinet, tower] = plants;
    expect(press?.machines).toMatchObject([{ id: 'dc-03', unit: 1 }]);
    expect(cabinet).toMatchObject({
      carrier: { kind: 'rtu-pty' },
      machines: [{ id: 'im-05', unit: 2 }],
      meters: [{ unit: 7, profile: 'eastron-sdm630' }],
    });
    expect(tower).toMatchObject({ carrier: { kind: 'rtu-tcp' }, outputUnits: [9] });
    expect(lines).toMatchObject([{ profile: 'cas-scale', units: [1] }]);
    // A line at 19200 baud has less time for shots.
    const [fast, slow] = [press?.machines[0]?.cycleSeconds, cabinet?.machines[0]?.cycleSeconds];
    expect(slow).toBeGreaterThan(fast ?? Number.NaN);
  });

  it('stands in for serial ports with converters where there are no pseudo terminals', async () => {
    const { load } = await loadOf(text);
    const floor = floorOf({ ...load, ptyDir: null, panelPort: 7001 });
    const config = parse(floor.config({ plants: [1, 2, 3], lines: [4] }, '/s'));
    expect(config.buses).toMatchObject({
      cabinet: { type: 'modbus-rtu-tcp', port: 2, baudRate: 19_200 },
      scale: { type: 'serial-line-tcp', port: 4 },
    });
  });

  it('grows and shrinks by whole machines, each repetition on buses of its own', async () => {
    const { load } = await loadOf(text);
    const more = scaleConfig(load.config, 5);
    const ids = ['dc-03', 'im-05', 'dc-03-2', 'im-05-2', 'dc-03-3'];
    expect(more.machines.map(({ id }) => id)).toEqual(ids);
    expect(more.machines[2]?.devices.plc?.bus).toBe('press-2');
    for (const { devices } of more.machines)
      for (const { bus } of Object.values(devices)) expect(Object.keys(more.buses)).toContain(bus);
    const one = scaleConfig(load.config, 1);
    expect(Object.keys(one.buses)).toEqual(['press', 'cabinet', 'scale', 'tower']);
  });
});

describe('the search for how many machines hold', () => {
  const search = async (
    bears: number,
    from: number,
    { attempts = 100, flaky = new Set<number>(), simulatorAt = Number.POSITIVE_INFINITY } = {},
  ) => {
    const tried: number[] = [];
    const found = await findCapacity({
      from,
      holds: from <= bears,
      most: 320,
      goOn: () => tried.length < attempts,
      attempt: async (machines): Promise<Attempt> => {
        tried.push(machines);
        if (machines > simulatorAt) return 'simulator';
        const hiccup = flaky.delete(machines);
        return machines <= bears && !hiccup ? 'holds' : 'breaks';
      },
    });
    return { found, tried };
  };

  it.each([
    [27, 10],
    [10, 10],
    [7, 10],
    [1, 2],
    [300, 3],
  ])('finds %i from %i to a tenth', async (bears, from) => {
    const { found } = await search(bears, from);
    expect(found.ended).toBe('found');
    expect(found.holds).toBeLessThanOrEqual(bears);
    expect(found.breaks).toBeGreaterThan(bears);
    expect((found.breaks ?? 0) - found.holds).toBeLessThanOrEqual(Math.max(1, found.holds / 10));
  });

  it('says when not even one machine holds', async () => {
    expect((await search(0, 4)).found).toEqual({ holds: 0, breaks: 1, ended: 'found' });
  });

  it('is not misled by one hiccup', async () => {
    const { found, tried } = await search(27, 10, { flaky: new Set([20]) });
    expect(found.holds).toBeGreaterThanOrEqual(24);
    expect(tried.filter((machines) => machines === 20)).toHaveLength(2);
  });

  it('claims no more than it saw when the time is up, or the simulators are full', async () => {
    const late = await search(300, 10, { attempts: 2 });
    expect(late.found).toEqual({ holds: 40, breaks: null, ended: 'time' });
    const full = await search(300, 10, { simulatorAt: 100 });
    expect(full.found).toEqual({ holds: 80, breaks: null, ended: 'simulator' });
    expect((await search(1000, 10)).found).toMatchObject({ holds: 320, ended: 'most' });
  });
});

describe('the judgement', () => {
  const bound = (times: readonly number[], more: Partial<Bound> = {}): Bound => ({
    deadlineMs: 20,
    machines: 10,
    by: 'wire',
    reactionMs: spreadOf(times),
    shots: 2000,
    late: 0,
    ...more,
  });
  const run = (bounds: readonly Bound[], more: Partial<RunFigures> = {}): RunFigures =>
    ({ shots: 2000, unseen: 0, unkept: 0, bounds, ...more }) as RunFigures;
  const steady = Array.from({ length: 2000 }, (_, i) => (i < 1996 ? 1 : 4));

  it('holds p99.9 against the deadline, or the longest of too few', () => {
    const many = judgeRun(run([bound(steady)]));
    expect(many).toMatchObject({ holds: true, figure: 'p99.9', broken: null });
    expect(many.reactionMs).toBeCloseTo(4, 1);
    expect(many.margin).toBeCloseTo(5, 1);
    const few = judgeRun(run([bound([1, 2, 3, 8], { shots: 4 })]));
    expect(few).toMatchObject({ holds: true, figure: 'max' });
    expect(few.reactionMs).toBeCloseTo(8, 1);
  });

  it('counts shots past the deadline that have no reject signal to measure', () => {
    expect(judgeRun(run([bound(steady, { late: 3 })]))).toMatchObject({ broken: 'deadline' });
    expect(judgeRun(run([bound(steady, { late: 2 })]))).toMatchObject({ holds: true });
  });

  it('looks at the machines with the least room', () => {
    const strict = bound(steady, { deadlineMs: 5, machines: 1 });
    const { tightest, margin } = judgeRun(run([bound(steady), strict]));
    expect(tightest).toBe(strict);
    expect(margin).toBeCloseTo(1.25, 1);
  });

  it('takes lost shots and a run without verdicts for no success', () => {
    expect(judgeRun(run([bound(steady)], { unkept: 3 }))).toMatchObject({ broken: 'lost' });
    const nothing = run([bound([], { shots: 0 })]);
    expect(judgeRun(nothing)).toMatchObject({
      holds: false,
      broken: 'nothing-judged',
      margin: null,
    });
  });
});

describe('latencies', () => {
  it('give no quantile of too few, and three digits of the rest', () => {
    expect(spreadOf([])).toEqual({ count: 0, p50: null, p99: null, p999: null, max: null });
    expect(spreadOf([1, 2])).toMatchObject({ count: 2, p50: null, p999: null });
    const { p50, p99, p999, max } = spreadOf(Array.from({ length: 1000 }, (_, i) => (i + 1) / 10));
    expect([p50, p99, p999].every((value) => value !== null)).toBe(true);
    expect(p50).toBeCloseTo(50, 0);
    expect(p99).toBeCloseTo(99, 0);
    expect(max).toBeGreaterThanOrEqual(p999 ?? Number.POSITIVE_INFINITY);
  });
});

describe('the figures of a run', () => {
  const none = { monoMs: 0, cpuMs: {}, pssMiB: {} };
  const machine = (id: string, deadlineMs: number) => ({ id, deadlineMs }) as MachineConfig;
  const kept = (shot: number, reason: string, times: Record<string, number> = {}) => ({
    machine: 'dc-01',
    shot,
    outcome: reason === 'above-threshold' ? 'defect' : 'unscored',
    reason,
    times: { trigger: 0, snapshot: 1, features: 2, verdict: 3, ...times },
  });
  const made = (shot: number) => ({ machine: 'dc-01', shot, monoMs: shot * 100 }) as MadeShot;
  const write = (shot: number, afterMs: number) =>
    ({
      machine: 'dc-01',
      monoMs: shot * 100 + afterMs,
      answered: { counterMs: shot * 100 + 5, blockMs: shot * 100 + 4 },
    }) as PlantWrite;
  const run = {
    seconds: 10,
    machines: 1,
    shots: [1, 2, 3, 4, 5, 6].map(made),
    rejects: [write(1, 8), write(2, 45)],
    kept: [
      kept(1, 'above-threshold'),
      kept(2, 'above-threshold'),
      kept(3, 'deadline-missed'),
      kept(4, 'inference-restarting'),
      kept(5, 'warm-up'),
    ],
    traffic: { requests: 500, bytesIn: 6000, bytesOut: 4000 },
    before: { ...none, cpuMs: { loop: 100 } },
    after: { ...none, cpuMs: { loop: 600 }, pssMiB: { loop: 50 } },
  };
  const context = {
    machines: [machine('dc-01', 20)],
    simulatorCores: 0.1,
    loopLateMs: null,
    surroundings: { loadAverage: { before: 0, after: 0 } } as RunFigures['surroundings'],
  };

  it('count a shot without an answer as late, one that nobody should judge not at all', () => {
    const figures = figuresOf(run, { ...context, slow: new Set() });
    expect(figures.bounds).toMatchObject([{ by: 'wire', shots: 4, late: 3, deadlineMs: 20 }]);
    expect(figures.wireMs.snapshotToReject.max).toBeCloseTo(40, 0);
    expect(figures.wireMs.changeToReject.max).toBeCloseTo(45, 0);
    expect(figures).toMatchObject({ unkept: 1, unseen: 0, unscored: { 'warm-up': 1 } });
    expect(figures.cpuCores).toEqual({ loop: 0.05, simulator: 0.1 });
    expect(figures).toMatchObject({ requestsPerSecond: 50, bytesPerSecond: 1000 });
  });

  it('do not blame the agent for the time that a slow line takes', () => {
    const figures = figuresOf(run, { ...context, slow: new Set(['dc-01']) });
    expect(figures.bounds).toMatchObject([{ by: 'agent', shots: 4, late: 2 }]);
    expect(figures.bounds[0]?.reactionMs.max).toBeCloseTo(2, 1);
  });
});
