import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readKept } from '../../agent/demo/kept.ts';
import { run } from './program.ts';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const logs = join(shared, 'data/kamp_diecast_process');
const rawLog = join(logs, 'dev_raw_noTryshot_2019-03-01_03-12.csv.gz');
const cleanLog = join(logs, 'dev_2019-01-02_03-12.csv.gz');
const model = join(shared, 'models/kamp-diecast-hgb');
const present = existsSync(rawLog) && existsSync(model);

/** Row → outcome, reason, probability, as `ppuri backtest --verdicts` writes them. */
async function readVerdicts(file: string): Promise<string[][]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => line.split(','));
}

describe.skipIf(!present)('a real die-casting log (../shared/data)', () => {
  let dir = '';
  let bundle = '';

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ppuri-replay-'));
    bundle = join(dir, 'bundle');
    const added = await run([
      'model',
      'add',
      model,
      '--profile',
      'die-casting-cold-chamber',
      '--out',
      bundle,
    ]);
    expect(added.stderr + added.stdout).toContain('20 golden vectors agree');
    expect(added.code).toBe(0);
  });

  test('through Modbus gives, shot for shot, the verdicts of an offline backtest', {
    timeout: 240_000,
  }, async () => {
    const offline = join(dir, 'offline.csv');
    const backtest = await run([
      'backtest',
      bundle,
      rawLog,
      '--label',
      'passorfail',
      '--verdicts',
      offline,
      '--json',
    ]);
    expect(backtest.code).toBe(0);
    const store = join(dir, 'demo');
    const demo = await run([
      'demo',
      '--replay',
      rawLog,
      '--model',
      bundle,
      '--store',
      store,
      '--json',
    ]);
    expect(demo.code).toBe(0);
    const summary = JSON.parse(demo.stdout);
    expect(summary).toMatchObject({
      cycles: { made: 12_841, kept: 12_841 },
      verdicts: { unscored: { 'line-stopped': 3 } },
      ...{ unaccounted: 0, repeated: 0, outOfOrder: 0, missedDeadlines: 0 },
    });
    const live = readKept(join(store, 'store'));
    const wanted = await readVerdicts(offline);
    const seen = live.map(({ mold, outcome, reason, probability }) => [
      mold ?? '',
      outcome,
      reason,
      String(probability ?? ''),
    ]);
    expect(seen).toEqual(wanted.map((row) => row.slice(1, 5)));
  });

  test('has its 4,549 volumes of −1 as missing values, not as numbers', async () => {
    const { queryCycles } = await import('../../agent/store/cycle-queries.ts');
    const { openReadOnly } = await import('../../agent/store/database.ts');
    const { storePaths } = await import('../../agent/store/paths.ts');
    const db = openReadOnly(storePaths(join(dir, 'demo', 'store')).database);
    let missing = 0;
    let after: { boot: number; seq: number } | undefined;
    do {
      const page = queryCycles(db, { order: 'oldest', limit: 1000, detail: 'features', after });
      missing += page.rows.filter(
        ({ readings }) => readings?.meltVolume?.quality === 'missing',
      ).length;
      expect(page.rows.every(({ readings }) => (readings?.meltVolume?.value ?? 0) >= 0)).toBe(true);
      after = page.next ?? undefined;
    } while (after !== undefined);
    db.close();
    expect(missing).toBe(4549);
  });

  test('backtested on its last fifth by time gives the AUC of the toolkit', {
    timeout: 120_000,
  }, async () => {
    const { code, stdout } = await run([
      'backtest',
      bundle,
      cleanLog,
      '--label',
      'passorfail',
      '--from-row',
      '57372',
      '--json',
    ]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      rows: 14_343,
      scored: 14_343,
      threshold: expect.closeTo(0.5903, 3),
    });
    expect(Math.abs(report.auc - 0.95)).toBeLessThanOrEqual(0.002);
    expect(report.recall).toBeCloseTo(0.765, 2);
    expect(report.falseAlarmRate).toBeCloseTo(0.01, 2);
  });
});
