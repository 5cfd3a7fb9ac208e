/** A store as it is after a year: made by SQL, since ten machines would take a year to keep it. */
import { openDatabase } from '../agent/store/database.ts';

export interface YearPlan {
  readonly path: string;
  readonly days: number;
  readonly machines: number;
  readonly shotsPerDay: number;
  /** Of the first day, epoch ms. */
  readonly startWallMs: number;
}

/** One machine's day in `records` and `cycles`, interleaved with the others' as they are kept. */
const everyShot = `
  WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < @perDay)
  SELECT (1 << 40) | (@first + k) AS id, 'dc-' || CAST(k % @machines AS INTEGER) AS machine,
    @start + k * 86400000.0 / @perDay AS wall_ms, k, abs(random()) % 10000 AS luck,
    CAST(@day / 3 + k % @machines AS INTEGER) % 4 AS mold
  FROM n`;

const records = `
  INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body, packed)
  SELECT id, 'cycle', machine, wall_ms, wall_ms - @start, 1, '', randomblob(180) FROM (${everyShot})`;

const cycles = `
  INSERT INTO cycles (id, machine, profile, mold, shot, cycle_index, observed, suppressed, wall_ms,
    outcome, reason, detail, judge, probability, threshold, model_name, model_version, model_hash, flags)
  SELECT id, machine, 'die-casting-cold-chamber', 'M-' || mold, k, k, 'whole',
    CASE WHEN luck < 200 THEN 'warm-up' END, wall_ms,
    CASE WHEN luck < 200 THEN 'unscored' WHEN luck < 500 THEN 'defect' ELSE 'ok' END,
    CASE WHEN luck < 200 THEN 'warm-up' WHEN luck < 500 THEN 'above-threshold'
      ELSE 'below-threshold' END,
    NULL, 'model', luck / 10000.0, 0.5, 'diecast-defect', '1.0.0', @hash, '[]'
  FROM (${everyShot})`;

/** Every tenth shot is inspected, and each of those that were called a defect. */
const labels = `
  INSERT INTO labels (id, cycle, part, machine, mold, shot, result, type, who, source)
  SELECT COALESCE((SELECT MAX(id) FROM labels), 2 << 40) + ROW_NUMBER() OVER (), c.id, '', c.machine, c.mold, c.shot,
    CASE WHEN abs(random()) % 1000 < @rate THEN 'defect' ELSE 'ok' END, NULL, 'qa', 'import'
  FROM cycles c WHERE c.id BETWEEN @low AND @high AND c.suppressed IS NULL
    AND (abs(random()) % 10 = 0 OR c.outcome = 'defect')`;
const labelRecords = `
  INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body)
  SELECT id, 'label', machine, @start, 0, 1, '{}' FROM labels
  WHERE cycle BETWEEN @low AND @high`;

/** Quarter hours of each machine's meter, as the agent keeps them. */
const energy = `
  WITH RECURSIVE q(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM q WHERE k + 1 < 96 * @machines)
  INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body)
  SELECT (3 << 40) | CAST(@day * 96 * @machines + k + 1 AS INTEGER), 'energy',
    'dc-' || CAST(k % @machines AS INTEGER), @start + (CAST(k / @machines AS INTEGER) + 1) * 900000.0, 0, 1,
    json_object('kind', 'energy', 'period', json_object(
      'machine', 'dc-' || CAST(k % @machines AS INTEGER), 'kind', 'whole', 'durationMs', 900000,
      'kWh', json_object('production', (2 + 0.4 * @kg) * @factor + abs(random()) % 1000 / 500.0,
        'idle', 1.5, 'hold', 0.5, 'off', 0, 'unallocated', 0),
      'ms', json_object('production', 720000, 'idle', 120000, 'hold', 60000, 'off', 0,
        'unallocated', 0),
      'demandKw', 48.0, 'shots', 10, 'molds', json_array(json_object('mold', 'M-' ||
        CAST(@day / 3 + k % @machines AS INTEGER) % 4, 'shots', 10, 'measured', 10, 'kWh', 9.5,
        'kg', @kg, 'kWhWeighed', 9.5, 'ok', 9, 'defect', 0,
        'unscored', 1, 'suppressed', 1)),
      'meters', json_array(json_object('signal', 'meter.importEnergy', 'segment', 1, 'fromKwh',
        100.0, 'toKwh', 112.0)), 'at', json_object('monoMs', 0, 'wallMs', @start)))
  FROM q`;
const energyPeriods = `
  INSERT INTO energy_periods (id, machine, wall_ms) SELECT id, machine, wall_ms FROM records
  WHERE id > (3 << 40) + CAST(@day * 96 * @machines AS INTEGER)
    AND id <= (3 << 40) + CAST((@day + 1) * 96 * @machines AS INTEGER)`;

/** Returns how many shots and labels are in it. */
export function makeYear(plan: YearPlan, say: (text: string) => void): [number, number] {
  const { path, days, machines, shotsPerDay } = plan;
  const db = openDatabase({ path, maxMiB: 100_000 });
  try {
    db.pragma('foreign_keys = OFF');
    db.pragma('synchronous = OFF');
    db.exec(`INSERT INTO boots (ordinal, boot, started_wall_ms, clock_synced)
      VALUES (1, 'year', ${plan.startWallMs}, 1), (2, 'labels', ${plan.startWallMs}, 1),
      (3, 'energy', ${plan.startWallMs}, 1)`);
    const steps = [records, cycles, labels, labelRecords, energy, energyPeriods].map((sql) =>
      db.prepare(sql),
    );
    const perDay = machines * shotsPerDay;
    for (let day = 0; day < days; day += 1) {
      const first = day * perDay + 1;
      const ids = { first, low: 2 ** 40 + first, high: 2 ** 40 + first + perDay - 1 };
      const values = { ...ids, day, machines, perDay, start: plan.startWallMs + day * 86_400_000 };
      const isBefore = day < days / 2;
      const kg = 20 + ((day * 7919) % 13) * 0.8;
      const planted = { rate: isBefore ? 30 : 15, factor: isBefore ? 1 : 0.85, kg };
      const more = { hash: 'ab'.repeat(32), ...planted };
      db.transaction(() => {
        for (const step of steps) step.run({ ...values, ...more });
      })();
      if (day % 30 === 29) say(`${day + 1} of ${days} days`);
    }
    const count = (table: string): number =>
      Number(db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get());
    return [count('cycles'), count('labels')];
  } finally {
    db.close();
  }
}
