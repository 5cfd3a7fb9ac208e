/**
 * `node bench/train.ts [diecast airtlab quality parts size] [--rows N]`: what `ppuri train` learns
 * from the public data in ../shared/data, on the splits that scikit-learn was measured on. Not part of
 * `npm run bench`, since those data are not part of the repository and it takes minutes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { auc, averagePrecision } from '../models/metrics.ts';
import { readTable, type Table } from '../models/table.ts';
import { type Blend, blendProbabilities } from '../models/train/blend.ts';
import { exportBlend } from '../models/train/export-blend.ts';
import { drawnFolds } from '../models/train/folds.ts';
import { type TableColumns, trainingFromTable } from '../models/train/from-table.ts';
import { findLeaks } from '../models/train/leakage.ts';
import { learn } from '../models/train/learn.ts';
import { randomFrom } from '../models/train/random.ts';
import { reportOn } from '../models/train/report.ts';
import { accuracyOf } from '../models/train/select.ts';
import { type TrainSpec, trainBundle } from '../models/train/train-bundle.ts';
import {
  groupsOfEqualRows,
  pickFeatures,
  pickRows,
  sortByTime,
  type TrainingSet,
} from '../models/train/training-set.ts';

const shared = join(import.meta.dirname, '..', '..', 'shared');
const file = (...parts: string[]): string => join(shared, 'data', ...parts);
const plain = { classes: 'as-labelled', dropColumns: [], dropRows: {} } as const;

function say(name: string, figures: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ name, ...figures })}\n`);
}

async function timed<T>(work: () => Promise<T>) {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  return {
    result,
    seconds: Math.round((performance.now() - started) / 1000),
    cpuSeconds: Math.round((user + system) / 1e6),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

async function load(path: string, columns: Partial<TableColumns> & { readonly label: string }) {
  return trainingFromTable(await readTable(path), { ...plain, ...columns }).data;
}

/** Largest difference between the exported model and the trainer's own probabilities. */
async function parity(blend: Blend, data: TrainingSet, rows = 10_000) {
  const some = pickRows(
    data,
    Uint32Array.from({ length: Math.min(rows, data.labels.length) }, (_, at) => at),
  );
  const [width, count] = [some.columns.length, some.labels.length];
  const input = new Float32Array(width * count);
  for (const [at, column] of some.columns.entries())
    for (const [row, value] of column.entries()) input[row * width + at] = value;
  const model = exportBlend(blend, width);
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const feeds = { features: new Tensor('float32', input, [count, width]) };
  const theirs = (await session.run(feeds, ['probabilities'])).probabilities?.data;
  await session.release();
  let worst = 0;
  for (const [at, ours] of blendProbabilities(blend, some.columns).entries())
    for (const [row, value] of ours.entries())
      worst = Math.max(worst, Math.abs(value - Number(theirs?.[row * blend.classCount + at])));
  return { rows: count, worst, modelBytes: model.length };
}

const progress = ({ candidate, done }: { candidate: string; done: number }): void =>
  void process.stderr.write(`  ${candidate} ${Math.round(done * 100)} %\n`);

async function diecast(): Promise<void> {
  const facts = readFileSync(join(shared, 'models', 'kamp-diecast-hgb', 'facts.json'), 'utf8');
  const { features } = JSON.parse(facts) as { features: string[] };
  const path = file('kamp_diecast_process', 'dev_2019-01-02_03-12.csv.gz');
  const read = await load(path, { label: 'passorfail', time: ['registration_time'], features });
  const data = sortByTime(read);
  const rows = Uint32Array.from(data.labels, (_, row) => row);
  const [train, later] = [rows.subarray(0, 57_371), rows.subarray(57_371)].map((part) =>
    pickRows(data, part),
  );
  if (train === undefined || later === undefined) throw new RangeError('two parts expected');
  const { result, ...cost } = await timed(() =>
    learn(train, null, { ordered: true, seed: 1, onProgress: progress }),
  );
  const scores = blendProbabilities(result.blend, later.columns)[1] ?? [];
  say('diecast', {
    trained: train.labels.length,
    measured: later.labels.length,
    auc: auc(scores, later.labels),
    ap: averagePrecision(scores, later.labels),
    members: Object.fromEntries(result.selection.weights),
    validation: result.selection.quality,
    alone: Object.fromEntries(
      [...result.selection.alone].map(([name, one]) => [name, one.score.toFixed(4)]),
    ),
    parity: await parity(result.blend, later),
    ...cost,
  });
}

/** Held-out answers over drawn folds, each fold with a selection of its own. */
async function crossed(data: TrainingSet, seed: number, parts = 5) {
  const answers = Array.from(
    { length: data.classCount },
    () => new Float64Array(data.labels.length),
  );
  for (const { train, held } of drawnFolds(data.labels, groupsOfEqualRows(data), parts, seed)) {
    const [part, rest] = [pickRows(data, train), pickRows(data, held)];
    const { blend } = await learn(part, groupsOfEqualRows(part), { ordered: false, seed });
    for (const [label, one] of blendProbabilities(blend, rest.columns).entries())
      for (const [at, row] of held.entries()) {
        const answer = answers[label];
        if (answer !== undefined) answer[row] = one[at] ?? Number.NaN;
      }
    process.stderr.write('  a fold\n');
  }
  return answers;
}

async function airtlab(): Promise<void> {
  const path = file('airtlab_injection', 'dev.csv');
  const data = await load(path, { label: 'quality', positive: ['1', '4'] });
  for (const seed of [1, 2, 3]) {
    const { result, ...cost } = await timed(() => crossed(data, seed));
    say('airtlab', {
      rows: data.labels.length,
      seed,
      accuracy: accuracyOf(result, data.labels),
      ...cost,
    });
  }
}

async function quality(): Promise<void> {
  const path = file('kamp_diecast_quality', 'flat.csv.gz');
  const read = await load(path, { label: 'any_defect', dropRows: { dup_of_previous_shot: '1' } });
  const out = new Set(
    findLeaks(read, new Set()).flatMap((one) => (one.isLeftOut ? one.feature : [])),
  );
  const names = read.features.map(({ name }) => name).filter((name) => !out.has(name));
  const data = pickFeatures(
    read,
    new Set(names.filter((name) => !['id', 'Product_Type', 'Shot'].includes(name))),
  );
  const { result, ...cost } = await timed(() => crossed(data, 1));
  const scores = result[1] ?? new Float64Array();
  say('quality', {
    rows: data.labels.length,
    features: data.features.length,
    auc: auc(scores, data.labels),
    ap: averagePrecision(scores, data.labels),
    ...cost,
  });
}

function onlyRows(table: Table, column: string, starts: string): Table {
  const at = table.column(column);
  return { ...table, rows: table.rows.filter((cells) => cells[at]?.startsWith(starts)) };
}

/** CN7 and RG3, as `ppuri train` judges them. */
async function parts(): Promise<void> {
  const table = await readTable(file('kamp_injection', 'dev_2020-10-16_10-27.csv.gz'));
  for (const name of ['CN7', 'RG3']) {
    const some = onlyRows(table, 'PART_NAME', name);
    const numbers: Table = { ...some, number: (row, column) => numberAt(some, row, column) };
    const columns = {
      ...plain,
      label: 'PassOrFail',
      time: ['TimeStamp'],
      dropColumns: ['PART_FACT_SERIAL'],
    };
    const { data } = trainingFromTable(numbers, columns);
    const spec: TrainSpec = {
      ...{ name: name.toLowerCase(), version: '1.0.0', profile: 'none', source: name },
      ...{ falseAlarmRate: 0.01, testShare: 0.2, seed: 1, forced: new Set() },
    };
    const { result, ...cost } = await timed(() => trainBundle(data, spec));
    const report = reportOn(result, spec);
    const { fit, unfit, split, judgedOn, train, held, validation, test } = report;
    const members = report.candidates.filter(({ weight }) => weight > 0).map((one) => one.name);
    say(name, { fit, unfit, split, judgedOn, train, held, validation, test, members, ...cost });
  }
}

/** The cells of a table whose rows were chosen anew. */
function numberAt(table: Table, row: number, column: number): number | null {
  const value = Number(table.rows[row]?.[column]);
  return table.rows[row]?.[column] === '' || Number.isNaN(value) ? null : value;
}

/** 70,000 × 20 made-up rows: time and memory alone. */
async function size(): Promise<void> {
  const random = randomFrom(1);
  const rows = 70_000;
  const columns = Array.from({ length: 20 }, () =>
    Float32Array.from({ length: rows }, () => random()),
  );
  const odds = (row: number) => 6 * ((columns[0]?.[row] ?? 0) + (columns[1]?.[row] ?? 0)) - 11;
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    random() < 1 / (1 + Math.exp(-odds(row))) ? 1 : 0,
  );
  const { result, ...cost } = await timed(() =>
    learn({ columns, labels, classCount: 2 }, null, {
      ordered: true,
      seed: 1,
      onProgress: progress,
    }),
  );
  say('size', {
    rows,
    features: 20,
    members: Object.fromEntries(result.selection.weights),
    ...cost,
  });
}

const benches = { diecast, airtlab, quality, parts, size } as const;
const asked = process.argv.slice(2);
if (!existsSync(join(shared, 'data')))
  process.stderr.write('left out: ../shared/data is not there\n');
else
  for (const [name, run] of Object.entries(benches))
    if (asked.length === 0 || asked.includes(name)) await run();
