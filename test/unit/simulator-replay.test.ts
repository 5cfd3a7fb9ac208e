import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MadeShot } from '../../agent/simulator/plant.ts';
import { loadReplay } from '../../agent/simulator/replay.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { parseCell, readTable } from '../../models/table.ts';
import { clientOf, plantFor, readShot, type SeenShot } from './simulator-support.ts';

const profile = loadProfile('die-casting-cold-chamber');
const logs = join(import.meta.dirname, '../../../shared/data/kamp_diecast_process');
const raw = join(logs, 'dev_raw_noTryshot_2019-03-01_03-12.csv.gz');
const cleaned = join(logs, 'dev_2019-01-02_03-12.csv.gz');

function csv(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-replay-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'log.csv');
  writeFileSync(path, text);
  return path;
}

/** Every row of a replay in lockstep over TCP. */
async function readAll(
  path: string,
  rows: number,
): Promise<{ seen: SeenShot[]; made: MadeShot[] }> {
  const machine = {
    id: 'r',
    profile,
    unit: 1,
    seed: 1,
    speed: 'max',
    replay: { path, rows },
  } as const;
  const plant = await plantFor({ machines: [machine] });
  const made: MadeShot[] = [];
  let ended = false;
  plant.on('shot', (shot) => made.push(shot));
  plant.on('ended', () => {
    ended = true;
  });
  const client = await clientOf(plant, 1);
  let last = (await client.readHoldingRegisters(0, 1)).data[0];
  const seen: SeenShot[] = [];
  while (!ended) {
    const shot = await readShot(client, profile);
    if (shot === null || shot.shot === last) continue;
    last = shot.shot;
    seen.push(shot);
  }
  return { seen, made };
}

describe('a replayed log', () => {
  it('feeds no signal whose decimals it does not have, nor a text', async () => {
    const path = csv('lotNumber,cycleTime,temperature1,pressure1\n12345,30,180,90\n');
    const plc = loadProfile('ls-xgb');
    const { temperature1, ...others } = plc.signals;
    if (temperature1 === undefined) throw new Error('no temperature1');
    const pointed = { ...temperature1, decimalPoint: 'moldCode' };
    const signals = { ...others, temperature1: pointed };
    const { report, source } = await loadReplay({ profile: { ...plc, signals }, path });
    expect(report.unmappedSignals).toEqual(expect.arrayContaining(['lotNumber', 'temperature1']));
    expect(source.next()?.values).toMatchObject({ cycleTime: 30, temperature1: null });
    const unsayable = { ...others, temperature1: { ...pointed, missing: [] } };
    await expect(
      loadReplay({ profile: { ...plc, signals: unsayable }, path }),
    ).rejects.toMatchObject({ code: 'csv-invalid' });
  });

  it('without rows says so', async () => {
    const path = csv('date,time,molten_temp\n');
    await expect(loadReplay({ profile, path })).rejects.toMatchObject({
      code: 'csv-invalid',
      message: expect.stringContaining('has no rows'),
    });
  });

  it('may have columns of one name where nobody asks for them', async () => {
    const path = csv(
      'registration_time,time,time,note,note,molten_temp,passorfail,passorfail\n' +
        '2019-03-01 00:00:10,1,2,a,b,709,1,0\n',
    );
    const { report, source } = await loadReplay({ profile, path });
    expect(report).toMatchObject({ rows: 1, timeColumns: ['registration_time'] });
    expect(source.next()?.truth.defect).toBeNull();
    for (const asked of [{ timeColumns: ['time'] }, { columns: { meltVolume: 'Note' } }])
      await expect(loadReplay({ profile, path, ...asked })).rejects.toThrow(
        /could be "(time|note)" \(column \d\) and "(time|note)" \(column \d\)/,
      );
  });

  it('arrives once, in order and unchanged, try shots and stops marked', async () => {
    const path = csv(
      'date,time,molten_temp,working,tryshot_signal,mold_code,biscuit_thickness,passorfail\n' +
        '2019-03-01,00:00:10,709,가동,A,CODE_8412,44,0\n' +
        '2019-03-01,00:02:10,,가동,D,CODE_8917,422,1\n' +
        '2019-03-01,00:03:10,72,정지,A,8412,44.26,1\n',
    );
    const { seen, made } = await readAll(path, 3);
    expect(seen.map(({ shot, values }) => ({ shot, values }))).toEqual(
      made.map(({ shot, values }) => ({ shot, values })),
    );
    expect(made.map(({ values }) => values.meltTemperature)).toEqual([709, null, 72]);
    expect(made.map(({ values }) => values.biscuitThickness)).toEqual([44, 422, 44.3]);
    expect(made.map(({ mold }) => mold)).toEqual(['8412', '8917', '8412']);
    expect(made.map(({ suppressed }) => suppressed)).toEqual([null, 'try-shot', 'line-stopped']);
    expect(made.map(({ truth }) => truth.defect)).toEqual([false, true, true]);
    expect(made.map(({ simulatedMs }) => simulatedMs)).toEqual([0, 120_000, 180_000]);
    expect(made.map(({ row }) => row)).toEqual([0, 1, 2]);
  });

  it('says what it could not map, and what its registers round', async () => {
    const path = csv(
      'registration_time,T1,extra,biscuit_thickness\n2019-01-02T16:45:08,700,x,44.26\n',
    );
    const { report } = await loadReplay({ profile, path, columns: { meltTemperature: 'T1' } });
    expect(report.mapped).toContainEqual({ signal: 'meltTemperature', column: 'T1' });
    expect(report.unmappedSignals).toContain('castPressure');
    expect(report.unusedColumns).toEqual(['extra']);
    expect(report.rounded).toEqual([{ signal: 'biscuitThickness', count: 1 }]);
    expect(report.timeColumns).toEqual(['registration_time']);
  });

  it.each([
    ['molten_temp\n700\n99999\n', 'line 3, column molten_temp: 99999 does not fit meltTemperature'],
    ['molten_temp\n6553.5\n', 'line 2, column molten_temp: 6553.5 would read as a sentinel'],
    ['molten_temp,tryshot_signal\n700,X\n', 'line 2, column tryshot_signal: "X" is not a number'],
    ['time,molten_temp\nnoon,700\n', 'line 2, column time: "noon" is no time'],
    ['a,b\n1,2\n', 'no column belongs to a signal of die-casting-cold-chamber'],
  ])('refuses %j before anything is served', async (text, message) => {
    const path = csv(text);
    await expect(loadReplay({ profile, path })).rejects.toMatchObject({
      code: 'csv-invalid',
      message: expect.stringContaining(message),
    });
  });

  it('refuses a map to signals or columns that do not exist', async () => {
    const path = csv('molten_temp\n700\n');
    const replay = (columns: Record<string, string>) => loadReplay({ profile, path, columns });
    await expect(replay({ meltTemp: 'molten_temp' })).rejects.toMatchObject({
      code: 'csv-invalid',
    });
    await expect(replay({ meltTemperature: 'melt' })).rejects.toMatchObject({
      code: 'csv-invalid',
    });
  });

  it('holds a shot until one reader has seen all of it', async () => {
    const path = csv('molten_temp\n700\n701\n702\n');
    const machine = { id: 'r', profile, unit: 1, seed: 1, speed: 'max', replay: { path } } as const;
    const plant = await plantFor({ machines: [machine] });
    const made: MadeShot[] = [];
    plant.on('shot', (shot) => made.push(shot));
    const [one, two] = [await clientOf(plant, 1), await clientOf(plant, 1)];
    await one.readHoldingRegisters(0, 1);
    // Counter by one reader, block by the other: neither has seen the shot.
    await one.readHoldingRegisters(0, 1);
    await two.readHoldingRegisters(10, 32);
    await one.readHoldingRegisters(0, 1);
    await two.readHoldingRegisters(0, 1);
    await one.readHoldingRegisters(10, 31);
    await one.readHoldingRegisters(0, 1);
    expect(made.length).toBe(1);
    await one.readHoldingRegisters(10, 32);
    await one.readHoldingRegisters(0, 1);
    await one.readHoldingRegisters(0, 1);
    expect(made.length).toBe(2);
  });
});

describe.skipIf(!existsSync(raw))(
  'the KAMP die-casting log (left out without ../shared/data)',
  () => {
    it('arrives once and in order in lockstep, number for number', async () => {
      const rows = 300;
      const { seen, made } = await readAll(raw, rows);
      const table = await readTable(raw);
      expect(seen.length).toBe(rows);
      expect(made.length).toBe(rows);
      for (const [signal, [name = '']] of Object.entries(profile.replay?.columns ?? {})) {
        const column = table.find(name);
        if (column === null || signal === 'lineState' || signal === 'tryShot') continue;
        const wanted = table.rows.slice(0, rows).map((cells) => parseCell(cells[column] ?? ''));
        const got = seen.map(({ values }) => values[signal] ?? null);
        expect(got, signal).toEqual(wanted.map((value) => (value === -1 ? null : value)));
      }
    });

    it.each([
      [raw, 12_841, { volumes: 4_549, stopped: 3 }],
      [cleaned, 71_714, { volumes: 34_372, stopped: 0 }],
    ])(
      'fits the registers whole, with nothing rounded or out of range: %s',
      async (path, rows, counts) => {
        const { source, report } = await loadReplay({ profile, path });
        expect(report.rows).toBe(rows);
        expect(report.rounded).toEqual([]);
        const table = await readTable(path);
        const columns = report.mapped.map(({ signal, column }) => ({
          signal,
          at: table.column(column),
        }));
        let volumes = 0;
        let stopped = 0;
        const lost: string[] = [];
        for (let shot = source.next(); shot !== null; shot = source.next()) {
          if (shot.values.meltVolume === null) volumes += 1;
          if (shot.suppressed === 'line-stopped') stopped += 1;
          for (const { signal, at } of columns) {
            const cell = table.rows[shot.row ?? 0]?.[at] ?? '';
            const absent =
              cell === '' || (signal === 'meltVolume' && cell === '-1') || cell === '1449';
            if ((shot.values[signal] === null) !== absent)
              lost.push(`${shot.row} ${signal} ${cell}`);
          }
        }
        expect(lost).toEqual([]);
        expect({ volumes, stopped }).toEqual(counts);
      },
    );
  },
);
