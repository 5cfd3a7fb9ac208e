import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from './program.ts';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const log = join(shared, 'data/kamp_diecast_process/dev_2019-01-02_03-12.csv.gz');
const model = join(shared, 'models/kamp-diecast-hgb');

describe.skipIf(!existsSync(log) || !existsSync(model))(
  'a backtest of a real die-casting log (../shared/data)',
  () => {
    test('gives the toolkit’s own figures on the last fifth, and alerts rather truer than verdicts', {
      timeout: 240_000,
    }, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'ppuri-kamp-'));
      const [bundle, html] = [join(dir, 'bundle'), join(dir, 'page.html')];
      await run(['model', 'add', model, '--out', bundle]);
      const { code, stdout } = await run([
        ...['backtest', bundle, log, '--label', 'passorfail', '--from-row', '57372'],
        ...['--windows', 'day', '--html', html, '--json'],
      ]);
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ rows: 14_343, scored: 14_343, defects: 656 });
      expect(report.auc).toBeCloseTo(0.95, 3);
      expect(report.ap).toBeCloseTo(0.823, 3);
      expect(Object.keys(report.perMold)).toEqual(['8412', '8722', '8917']);
      expect(report.chronological[0].name).toBe('2019-02-28');
      const shots = report.chronological.reduce(
        (sum: number, day: { n: number }) => sum + day.n,
        0,
      );
      expect(shots).toBe(14_343);
      const { alerts } = report;
      expect(alerts.alerts).toBeLessThan(alerts.defectVerdicts / 4);
      expect(alerts.trueShare.value).toBeGreaterThan(report.precision);
      expect(alerts.trueShare.of).toBe(alerts.alerts);
      const { single, several, episodes } = alerts.episodes;
      expect(single.episodes + several.episodes).toBe(episodes);
      expect((await readFile(html)).byteLength).toBeLessThan(2_000_000);
    });
  },
);
