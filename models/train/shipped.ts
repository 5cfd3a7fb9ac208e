/**
 * Makes the shipped bundles from simulated shots: 10 machines to learn from, 5 others to measure on.
 *
 *   ppuri simulate die-casting-cold-chamber --dataset train.csv --shots 40000 --seed 1001 --machines 10
 *   ppuri simulate die-casting-cold-chamber --dataset test.csv --shots 20000 --seed 2001 --machines 5
 *   node models/train/shipped.ts diecast-defect train.csv test.csv
 *
 * and the same with injection-molding and injection-defect. Replaces models/<name>/ when it is done.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PpuriError } from '../../config/errors.ts';
import { writeBundle } from '../bundle.ts';
import { readTable } from '../table.ts';
import { blank, type Dataset, datasetFromTable } from './dataset.ts';
import { type Fit, fitBundle } from './fit.ts';
import { type ShippedSpec, shippedSpecs } from './shipped-specs.ts';

/** Share of cells of each `nan` feature made missing, in training and in the measuring alike. */
const blankShare = 0.02;
const seed = 1;

const classes = [
  { value: 0, title: { ko: '양품', en: 'good' } },
  { value: 1, title: { ko: '불량', en: 'defect' } },
];

/** Trains one shipped model. The same CSV files give the same bytes. */
export function fitShipped(spec: ShippedSpec, train: Dataset, separate: Dataset): Fit {
  const nan = new Set(
    Object.entries(spec.features).flatMap(([name, [, missing]]) =>
      missing === 'nan' ? [name] : [],
    ),
  );
  const [seen, unseen] = [train, separate].map((data) =>
    withoutRefused(blank(data, nan, blankShare, seed), nan),
  );
  if (seen === undefined || unseen === undefined) throw new RangeError('two data sets expected');
  return fitBundle(seen, unseen, {
    name: spec.name,
    version: spec.version,
    profile: spec.profile,
    classes,
    units: Object.fromEntries(Object.entries(spec.features).map(([name, [unit]]) => [name, unit])),
    nan,
    source: 'ppuri simulate: simulated machines, not a real line',
    falseAlarmRate: 0.01,
    seed,
    boost: { maxLeaves: 15, maxTrees: 150 },
  });
}

/** Shots that the agent would leave unscored are neither learned from nor counted. */
function withoutRefused(data: Dataset, nan: ReadonlySet<string>): Dataset {
  const needed = data.columns.filter((_, index) => !nan.has(data.features[index] ?? ''));
  const keep = Array.from(data.labels.keys()).filter((row) =>
    needed.every((column) => !Number.isNaN(column[row])),
  );
  const refused = data.labels.length - keep.length;
  return {
    ...data,
    columns: data.columns.map((column) => Float32Array.from(keep, (row) => column[row] ?? 0)),
    labels: Uint8Array.from(keep, (row) => data.labels[row] ?? 0),
    times: Float64Array.from(keep, (row) => data.times[row] ?? 0),
    left: { ...data.left, 'missing input': refused },
  };
}

/** A file of `ppuri simulate --dataset`; suppressed shots are left out. */
export async function readSimulated(path: string, spec: ShippedSpec): Promise<Dataset> {
  const names = Object.keys(spec.features);
  return datasetFromTable(await readTable(path), {
    features: Object.fromEntries(names.map((name) => [name, name])),
    label: 'passorfail',
    time: 'time',
    suppressed: 'suppressed',
  });
}

async function main([name, trainPath, separatePath]: readonly string[]): Promise<void> {
  const spec = shippedSpecs.find((one) => one.name === name);
  if (spec === undefined || trainPath === undefined || separatePath === undefined)
    throw new PpuriError('usage', 'usage: shipped.ts NAME TRAIN.csv SEPARATE.csv', {
      operation: 'make a shipped model',
      subject: name ?? '',
      hint: `names: ${shippedSpecs.map((one) => one.name).join(', ')}`,
    });
  const [train, separate] = await Promise.all(
    [trainPath, separatePath].map((path) => readSimulated(path, spec)),
  );
  if (train === undefined || separate === undefined) throw new RangeError('two files expected');
  const { parts, separate: metrics } = fitShipped(spec, train, separate);
  const target = join(fileURLToPath(new URL('..', import.meta.url)), spec.name);
  const fresh = `${target}.new`;
  await rm(fresh, { recursive: true, force: true });
  await writeBundle(fresh, parts);
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
  process.stdout.write(`${JSON.stringify({ name, bytes: parts.model.length, ...metrics })}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
