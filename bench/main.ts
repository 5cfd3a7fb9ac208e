/**
 * `npm run bench [-- NAME…] [--json FILE] [--for 60s]`: measures, one benchmark after another, and
 * says of each figure whether it keeps its budget. Not a test: it fails only when it cannot run.
 * `--compare`: tells which figures use more of their budgets than in `bench/baseline.json`, and then
 * fails. `--baseline`: writes that file; `npm run generate` puts its figures into the README.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Baseline, baselineOf, worseLines, worseThan } from './baseline.ts';
import { sharedBinary } from './binary.ts';
import { drain, written } from './campaigns.ts';
import { effectYear } from './effect-year.ts';
import type { Bench, Outcome } from './figure.ts';
import { load } from './load.ts';
import { modbusReads } from './modbus-reads.ts';
import { panel } from './panel.ts';
import { peers, peersQuiet } from './peers/bench.ts';
import { predict } from './predict.ts';
import { type BenchResult, hardware, printResult, type Results } from './report.ts';
import { rtuLine } from './rtu-line.ts';
import { sharedShop } from './shop.ts';
import { stages } from './stages.ts';
import { start } from './start.ts';
import { store } from './store.ts';
import { why } from './why.ts';
import { wire } from './wire.ts';

const shop = sharedShop();
const binary = sharedBinary();
const benches: readonly Bench[] = [
  wire(shop),
  stages(shop),
  predict,
  why,
  panel,
  modbusReads,
  rtuLine,
  store,
  load(binary),
  written,
  drain,
  start(binary),
];
/** These need programs that are not the product's, and take long: only by their names. */
const byName: readonly Bench[] = [peers, peersQuiet, effectYear];
const known = [...benches, ...byName];

const usage = `npm run bench [-- NAME…] [--for 60s] [--json FILE] [--compare [--margin 25]] [--baseline]
${known.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join('\n')}`;

interface Wanted {
  readonly benches: readonly Bench[];
  readonly seconds: number | null;
  readonly json: string;
  readonly compare: boolean;
  /** 0.25: a quarter worse is still the same. */
  readonly margin: number;
  readonly baseline: boolean;
}

const baselineFile = fileURLToPath(new URL('./baseline.json', import.meta.url));
const resultsDir = fileURLToPath(new URL('./results/', import.meta.url));

/** Throws with the usage on words it does not know. */
function parse(args: readonly string[]): Wanted {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      for: { type: 'string' },
      compare: { type: 'boolean', default: false },
      margin: { type: 'string', default: '25' },
      baseline: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.some((bench) => bench.name === name));
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}\n${usage}`);
  const wanted =
    positionals.length === 0 ? benches : known.filter(({ name }) => positionals.includes(name));
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  return {
    benches: wanted,
    seconds: values.for === undefined ? null : secondsOf(values.for),
    json: values.json ?? join(resultsDir, `${stamp}.json`),
    compare: values.compare,
    margin: marginOf(values.margin),
    baseline: values.baseline,
  };
}

function marginOf(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) / 100;
  throw new Error(`--margin takes percent, e.g. 25, not ${text}\n${usage}`);
}

function secondsOf(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(s|m)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--for takes 60s or 2m, not ${text}\n${usage}`);
  return Number(digits) * (unit === 'm' ? 60 : 1);
}

async function runOne(bench: Bench, seconds: number | null): Promise<BenchResult> {
  mkdirSync(resultsDir, { recursive: true });
  const dir = mkdtempSync(join(resultsDir, 'run-'));
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const begun = performance.now();
  const say = (text: string): void => {
    process.stderr.write(`${bench.name}: ${text}\n`);
  };
  let outcome: Outcome = { figures: [], remarks: [] };
  let failure: string | null = null;
  try {
    outcome = await bench.run({ seconds, dir, say });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  const tookSeconds = Math.round((performance.now() - begun) / 100) / 10;
  const load = { before: loadBefore, after: loadavg()[0] ?? Number.NaN };
  return { name: bench.name, title: bench.title, ...outcome, failure, tookSeconds, load };
}

function readBaseline(): Baseline | null {
  if (!existsSync(baselineFile)) return null;
  return JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline;
}

function writeBaseline(results: Results): void {
  const baseline = baselineOf(results, readBaseline());
  writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
  console.log(`baseline: ${baselineFile}; now \`npm run generate\``);
}

function isWorse(results: Results, margin: number): boolean {
  const baseline = readBaseline();
  if (baseline === null) throw new Error(`there is no ${baselineFile} to compare with`);
  const worse = worseThan(baseline, results, margin);
  console.log(`\n${worseLines(worse, margin).join('\n')}`);
  return worse.length > 0;
}

async function main(): Promise<number> {
  const wanted = parse(process.argv.slice(2));
  const results: BenchResult[] = [];
  const { cpu, cores, node, scheduling } = hardware();
  console.log(`${cores} × ${cpu}, node ${node}, ${scheduling} scheduling`);
  for (const bench of wanted.benches) {
    const result = await runOne(bench, wanted.seconds);
    printResult(result);
    results.push(result);
  }
  const all: Results = { at: new Date().toISOString(), hardware: hardware(), benchmarks: results };
  mkdirSync(dirname(wanted.json), { recursive: true });
  writeFileSync(wanted.json, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`\nresults: ${wanted.json}`);
  const worse = wanted.compare && isWorse(all, wanted.margin);
  if (wanted.baseline) writeBaseline(all);
  return worse || results.some(({ failure }) => failure !== null) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
