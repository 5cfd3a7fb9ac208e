import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { textWidth } from '../../agent/cli/table.ts';
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

  /** Rows of the shipped model's normal values, each with columns of its own beside them. */
  async function rowsOf(
    name: string,
    columns: readonly string[],
    rows: readonly (readonly (string | number)[])[],
    change: (feature: string, value: number, row: number) => number = (_, value) => value,
  ): Promise<string> {
    const bundle = await readBundle(join(import.meta.dirname, '../../models/injection-defect'));
    const features = bundle.manifest.features;
    const lines = rows.map((cells, row) => {
      const values = features.map(({ from, normal }) => change(from, normal?.median ?? 0, row));
      return [...cells, ...values].join(',');
    });
    const header = [...columns, ...features.map(({ from }) => from)].join(',');
    const file = join(dir, name);
    await writeFile(file, `${header}\n${lines.join('\n')}\n`);
    return file;
  }

  const minute = (index: number): string =>
    `2026-01-05 ${String(8 + Math.floor(index / 60)).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}:00`;

  test('judges by mold, in windows, as alerts and by cost, and draws it', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => {
      const isBad = index % 40 >= 30 && index % 40 < 36;
      return [minute(index), index % 2 === 0 ? 'A-1' : '<b>', isBad ? 'NG' : 'OK'];
    });
    const file = await rowsOf('full.csv', ['when', 'die', 'found'], rows, (_, value, row) =>
      row % 40 >= 30 && row % 40 < 36 ? value * 1.1 : value * (1 + 0.001 * (row % 7)),
    );
    const [html, svg] = [join(dir, 'full.html'), join(dir, 'full.svg')];
    const { code, stdout, stderr } = await run([
      ...['backtest', 'injection-defect', file, '--label', 'found', '--time', 'when'],
      ...['--mold', 'die', '--windows', 'shift', '--shifts', '08:00,09:00', '--json'],
      ...['--cost-miss', '30,000', '--cost-false', '1500', '--html', html, '--svg', svg],
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ rows: 120, defects: 18, repeats: { sharedInputs: 0 } });
    expect(Object.keys(report.perMold)).toEqual(['<b>', 'A-1']);
    expect(report.perMold['A-1']).toMatchObject({ shots: 60, defects: 9 });
    expect(
      report.chronological.map((part: { name: string; shots: number }) => [part.name, part.shots]),
    ).toEqual([
      ['2026-01-05 08:00', 60],
      ['2026-01-05 09:00', 60],
    ]);
    expect(report.alerts.episodes).toMatchObject({ episodes: 6, several: { episodes: 6 } });
    expect(report.cost.whole.noModel).toBeCloseTo((18 / 120) * 1000 * 30_000, 3);
    expect(await readFile(html, 'utf8')).toContain('금형 mold &lt;b&gt;');
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*<\/svg>$/s);
  });

  test('counts parts that share a shot’s values, and joins them when asked', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => [
      minute(Math.floor(index / 2)),
      index % 2 === 0 ? 'LH' : 'RH',
      index % 4 === 1 ? 1 : 0,
    ]);
    const file = await rowsOf('parts.csv', ['time', 'part', 'found'], rows);
    const args = ['backtest', 'injection-defect', file, '--label', 'found', '--json'];
    const separate = JSON.parse((await run(args)).stdout);
    expect(separate).toMatchObject({
      rows: 20,
      repeats: { identical: 0, sharedInputs: 10, otherLabel: 5 },
    });
    const verdicts = join(dir, 'parts-verdicts.csv');
    const joined = await run([...args, '--parts', 'join', '--verdicts', verdicts]);
    expect(JSON.parse(joined.stdout)).toMatchObject({ rows: 10 });
    const lines = (await readFile(verdicts, 'utf8')).trimEnd().split('\n').slice(1);
    const labels = lines.map((line) => line.split(',').at(-1));
    expect(labels).toEqual(['1', '0', '1', '0', '1', '0', '1', '0', '1', '0']);
  });

  test('leaves shots after a stop out of every rate, as the agent does, and counts them', async () => {
    // Ten minutes without a shot after row 40: five warm-up shots by the profile.
    const rows = Array.from({ length: 80 }, (_, index) => [
      ...[minute(index < 40 ? index : index + 10), index >= 40 && index < 45 ? 1 : 0, 3101],
    ]);
    const file = await rowsOf('stop.csv', ['time', 'found', 'mold_code'], rows, (_, value, row) => {
      return value * (1 + 0.001 * (row % 7));
    });
    const args = ['backtest', 'injection-defect', file, '--label', 'found', '--json'];
    const report = JSON.parse((await run(args)).stdout);
    expect(report.unscored['warm-up']).toBe(5);
    expect(report).toMatchObject({ rows: 80, defects: 0, recall: null });
    expect(report.alerts.others['warm-up']).toBe(1);
  });

  test('says why it cannot be what was asked, before any work', async () => {
    const file = await history('ask.csv', times, '0');
    const ask = (...args: string[]) =>
      run(['backtest', 'injection-defect', file, '--label', 'cause', '--lang', 'en', ...args]);
    const unpriced = await ask('--cost-miss', '30000');
    expect(unpriced.stderr).toContain('give --cost-false too');
    expect(unpriced.code).toBe(2);
    const nowhere = await ask('--html', join(dir, 'no', 'such', 'page.html'));
    expect(nowhere.stderr).toContain('the result cannot be written');
    expect(nowhere.code).toBe(2);
    expect((await ask('--windows', 'fortnight')).code).toBe(2);
  });

  test('prints in 80 columns, in Korean where nothing else is said', async () => {
    const rows = Array.from({ length: 60 }, (_, index) => [
      ...[minute(index), index === 50 ? 1 : 0, 3101],
    ]);
    const file = await rowsOf('wide.csv', ['time', 'cause', 'mold_code'], rows, (_, value, row) => {
      return value * (1 + 0.001 * (row % 7));
    });
    for (const more of [[], ['--lang', 'en']]) {
      const { stdout } = await run([
        ...['backtest', 'injection-defect', file, '--label', 'cause', '--windows', 'day'],
        ...['--cost-miss', '30000', '--cost-false', '1500', '--cost-inspect', '300', ...more],
      ]);
      expect(stdout.split('\n').filter((line) => textWidth(line) > 80)).toEqual([]);
      expect(stdout).toContain(more.length === 0 ? '불량이 너무 적음' : 'too few defects');
    }
  });

  test('names the versions there are, the shipped one too', async () => {
    const file = await history('version.csv', times);
    const { code, stderr } = await run(['backtest', 'injection-defect@9.9.9', file]);
    expect(stderr).toMatch(/there are: \d+\.\d+\.\d+ \(shipped\)/);
    expect(code).toBe(6);
  });
});
