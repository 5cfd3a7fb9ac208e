import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '../../models/bundle.ts';
import { randomFrom } from '../../models/train/random.ts';
import { groupMembers, run, start } from './program.ts';

describe('ppuri train', () => {
  let dir = '';
  const time = ['--label', 'result', '--time', 'time'];

  /** Shots of which a thin biscuit or cold melt is a defect; `told`: whether the log shows it. */
  async function history(name: string, rows: number, told: 'told' | 'noise'): Promise<string> {
    const random = randomFrom(3);
    const lines = ['time,biscuit,melt,oil,tryshot_signal,result'];
    for (let row = 0; row < rows; row += 1) {
      const [biscuit, melt, oil] = [20 + 10 * random(), 640 + 50 * random(), 40 + random()];
      const bad = told === 'told' ? biscuit < 22 || melt < 645 : random() < 0.2;
      const at = new Date(Date.UTC(2026, 2, 1, 0, row)).toISOString();
      const values = [biscuit.toFixed(2), random() < 0.05 ? '' : melt.toFixed(1), oil.toFixed(3)];
      lines.push([at, ...values, row % 50 === 0 ? 1 : 0, bad ? 1 : 0].join(','));
    }
    const file = join(dir, name);
    await writeFile(file, lines.join('\n'));
    return file;
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ppuri-train-'));
  });

  test('makes a whole bundle, with a card and what drift is measured by, that backtest takes', async () => {
    const file = await history('told.csv', 600, 'told');
    const out = join(dir, 'thin-biscuit');
    const args = ['train', file, ...time, '--out', out, '--drop', 'tryshot_signal=1', '--json'];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      ...{ name: 'thin-biscuit', fit: true, unfit: null, learner: 'blend', split: 'later' },
      ...{ features: ['biscuit', 'melt', 'oil'], left: { 'tryshot_signal=1': 12 }, dir: out },
    });
    expect(report.test.auc.low).toBeGreaterThan(0.8);
    const bundle = await readBundle(out);
    expect(bundle.hash).toBe(report.hash);
    expect(bundle.manifest.threshold).toBe(report.threshold);
    expect(bundle.manifest.features.map(({ missing }) => missing)).toEqual([
      'refuse',
      'nan',
      'refuse',
    ]);
    expect(Object.keys(bundle.reference?.features ?? {})).toEqual(['biscuit', 'melt', 'oil']);
    expect(bundle.reference?.novelty?.limit).toBeGreaterThan(1);
    expect(await readFile(join(out, 'card.md'), 'utf8')).toContain('# thin-biscuit 1.0.0');
  }, 240_000);

  test('says that noise cannot be learned, writes nothing, and ends with 1', async () => {
    const file = await history('noise.csv', 300, 'noise');
    const out = join(dir, 'noise');
    const { code, stdout } = await run(['train', file, ...time, '--out', out, '--lang', 'en']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/unfit: these data cannot tell defects from good parts: near chance/);
    expect(stdout).toContain('no model was written');
    expect(existsSync(out)).toBe(false);
  }, 240_000);

  test('Ctrl-C ends it and its child, and leaves nothing', async () => {
    const file = await history('long.csv', 11_000, 'told');
    const place = join(dir, 'interrupted');
    const started = start(['train', file, ...time, '--out', join(place, 'model')]);
    await new Promise((resolve) => started.process.stderr?.once('data', resolve));
    const { pid = 0 } = started.process;
    process.kill(-pid, 'SIGINT');
    expect((await started.finished).code).toBe(130);
    expect(groupMembers(pid)).toEqual([]);
    expect(existsSync(place) ? await readdir(place) : []).toEqual([]);
  }, 240_000);

  test.each([
    [['--label', 'resutl'], 2, 'there is no column "resutl"'],
    [['--label', 'biscuit'], 2, 'different values are no labels'],
    [['--label', 'result', '--machine', 'dc-03'], 2, 'a CSV and a store at once'],
    [[], 2, 'which column is the label?'],
  ])('refuses %j in plain words', async (flags, exit, message) => {
    const file = await history('small.csv', 100, 'told');
    const { code, stderr } = await run([
      ...['train', file, ...flags, '--out', join(dir, 'never'), '--lang', 'en'],
    ]);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });

  test('never overwrites', async () => {
    const file = await history('small.csv', 100, 'told');
    const { code, stderr } = await run(['train', file, ...time, '--out', dir, '--lang', 'en']);
    expect(code).toBe(2);
    expect(stderr).toContain('exists already');
  });
});
