import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '../../models/bundle.ts';
import { run } from './program.ts';

describe('ppuri backtest', () => {
  let dir = '';

  /** A history of the shipped model's own features, with `result` and `time` beside them. */
  async function history(name: string, times: readonly string[], result = ''): Promise<string> {
    const bundle = await readBundle(join(import.meta.dirname, '../../models/injection-defect'));
    const names = bundle.manifest.features.map((feature) => feature.from);
    const values = bundle.manifest.features.map((feature) => feature.normal?.median ?? 0);
    const rows = times.map((time) => [time, ...values, result].join(','));
    const file = join(dir, name);
    await writeFile(file, `timestamp,${names.join(',')},cause\n${rows.join('\n')}\n`);
    return file;
  }

  const times = ['2026-01-01 10:00:00', '2026-01-01 10:01:00', '2026-01-01 10:02:00'];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ppuri-backtest-'));
  });

  test('--json has null metrics without labels', async () => {
    const file = await history('plain.csv', times);
    const { code, stdout, stderr } = await run(['backtest', 'injection-defect', file, '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 3,
      ...{ auc: null, ap: null, recall: null, falseAlarmRate: null, accuracy: null },
      time: { columns: ['timestamp'], backwards: 0, firstLine: null },
    });
  });

  test('says that the label column is empty, not that none was given', async () => {
    const file = await history('empty.csv', times);
    const args = ['backtest', 'injection-defect', file, '--label', 'cause', '--lang', 'en'];
    const { stdout } = await run(args);
    expect(stdout).toContain('no labels: column cause is empty in every row that was judged');
  });

  test('warns of rows that go back in time', async () => {
    const file = await history('reversed.csv', times.toReversed(), '0');
    const args = ['backtest', 'injection-defect', file, '--label', 'cause', '--lang', 'en'];
    const { stderr } = await run(args);
    expect(stderr).toContain('warning: 2 of 3 rows are earlier than the row before (timestamp');
  });

  test('names the versions there are, the shipped one too', async () => {
    const file = await history('version.csv', times);
    const { code, stderr } = await run(['backtest', 'injection-defect@9.9.9', file]);
    expect(stderr).toMatch(/there are: \d+\.\d+\.\d+ \(shipped\)/);
    expect(code).toBe(6);
  });
});
