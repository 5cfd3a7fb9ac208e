/** `ppuri train`: a bundle from history, made in a child behind everything else on the gateway. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { writeBundle } from '../../models/bundle.ts';
import { bundleName, bundleNameRule } from '../../models/manifest.ts';
import { forkRole } from '../role.ts';
import type { TrainRequest } from '../train-protocol.ts';
import { runTrainer, type TrainedParts } from '../trainer.ts';
import { positiveNumber } from './arguments.ts';
import { interrupted } from './interrupt.ts';
import { list } from './model-flags.ts';
import { action, type Output } from './output.ts';
import { Progress } from './progress.ts';
import { proveModel } from './prove-model.ts';
import { placeOf } from './store-access.ts';
import { progressText, trainLines } from './train-lines.ts';
import type { Language } from './words.ts';

interface TrainFlags {
  readonly label?: string;
  readonly positive?: readonly string[];
  readonly binary?: boolean;
  readonly time?: readonly string[];
  readonly group?: string;
  readonly features?: readonly string[];
  readonly drop: readonly string[];
  readonly profile?: string;
  readonly store?: string;
  readonly config?: string;
  readonly machine?: string;
  readonly mold?: string;
  readonly out: string;
  readonly name?: string;
  readonly version: string;
  readonly falseAlarms: number;
  readonly testShare: number;
  readonly seed: number;
  readonly evenIfUnfit?: boolean;
  readonly lang?: Language;
  readonly json?: boolean;
}

const help = `
The last part of the rows by time is never learned from: the figures are those on it, or, where it holds
too few defects, those on rows held back while learning. Which models are used, and in which mixture, is
chosen on later rows inside the part that is learned from. Columns that would give the label away (flags
of try shots, results of inspection, counters) are left out and told; name a feature with --features to
keep it all the same. The bundle holds a card, card.md, for whoever must trust the model.

When the data cannot support a model, that is said, nothing is written, and the exit code is 1.

--json prints one object: {"name","version","fit","unfit":{"ko","en"}|null,"learner","features",
"classes","left","repeats","warnings","split","train","held","candidates":[{"name","weight","auc","ap",
"accuracy","logLoss"}],"validation","test":{"rows","defects","auc":{"value","low","high"},"ap","recall",
"falseAlarms","precision"},"accuracy","threshold","falseAlarmBudget","modelBytes","seconds","peakBytes",
"notes","dir","hash"}; dir and hash are null where nothing was written.

Examples:
  ppuri train history.csv --label passorfail --time registration_time --out ./my-model
  ppuri train log.csv.gz --label passorfail --time date,time --drop tryshot_signal=D --drop count \\
    --profile die-casting-cold-chamber --false-alarms 0.5% --out ./dc-03-model
  ppuri train parts.csv --label PassOrFail --positive N --time TimeStamp --group shot_no --out ./parts
  ppuri train lens.csv --label quality --positive 1,4 --out ./lens
  ppuri train -c ppuri.yaml --machine dc-03 --mold 8412 --out ./dc-03-8412`;

function share(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  const value = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (match !== null && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('give a share such as 1% or 0.01');
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, ...list(text)];
}

function wrongUsage(message: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'train a model', subject: 'train', hint });
}

function sourceOf(csv: string | undefined, flags: TrainFlags): TrainRequest['source'] {
  const dropColumns = flags.drop.filter((one) => !one.includes('='));
  if (csv === undefined) return storeSource(flags, dropColumns);
  if (flags.machine !== undefined || flags.store !== undefined || flags.config !== undefined)
    throw wrongUsage(
      'a CSV and a store at once',
      'leave out the CSV, or --store, -c and --machine',
    );
  const { label, positive, time, group, features } = flags;
  if (label === undefined)
    throw wrongUsage('which column is the label?', 'name the inspection result: --label COLUMN');
  const pairs = flags.drop.filter((one) => one.includes('=')).map((one) => cutAt(one));
  return {
    kind: 'csv',
    path: csv,
    profile: flags.profile ?? null,
    columns: {
      label,
      classes: flags.binary === true ? 'two' : 'as-labelled',
      dropColumns,
      dropRows: Object.fromEntries(pairs),
      ...(positive && { positive }),
      ...(time && { time }),
      ...(group !== undefined && { group }),
      ...(features && { features }),
    },
  };
}

function cutAt(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

function storeSource(flags: TrainFlags, dropColumns: readonly string[]): TrainRequest['source'] {
  if (flags.machine === undefined)
    throw wrongUsage(
      'what shall it learn from?',
      'a CSV with --label COLUMN, or -c FILE (or --store DIR) with --machine ID',
    );
  const place = placeOf(flags);
  const named = place.machines.find(({ name }) => name === flags.machine)?.id;
  return {
    kind: 'store',
    dir: place.dir,
    machine: named ?? flags.machine,
    mold: flags.mold ?? null,
    features: flags.features ?? null,
    dropColumns,
  };
}

/** The folder's own name where it can be one of a model. */
function nameOf({ name, out }: TrainFlags): string {
  const wanted = name ?? basename(resolve(out)).toLowerCase().replaceAll('_', '-');
  if (bundleName.test(wanted)) return wanted;
  throw wrongUsage(`"${wanted}" is no name of a model`, `--name NAME: ${bundleNameRule}`);
}

/** Before minutes of work, whether its result can be put down. */
async function requireAbsent(out: string): Promise<void> {
  const there = await stat(out).catch(() => null);
  if (there !== null)
    throw wrongUsage(`${out} exists already`, 'name a folder that is not there yet with --out');
}

async function run(output: Output, csv: string | undefined, flags: TrainFlags): Promise<void> {
  const request: TrainRequest = {
    source: sourceOf(csv, flags),
    name: nameOf(flags),
    version: flags.version,
    falseAlarmRate: flags.falseAlarms,
    testShare: flags.testShare,
    seed: flags.seed,
  };
  await requireAbsent(flags.out);
  const lang = flags.lang ?? 'ko';
  const started = performance.now();
  const progress = new Progress(output, flags.json !== true);
  const interruption = interrupted();
  try {
    const trained = await runTrainer(request, {
      fork: forkRole,
      onProgress: (at) => progress.tell(progressText(at, performance.now() - started, lang)),
      interrupted: interruption.signal,
    });
    progress.clear();
    if (trained === null) process.exitCode = exitCodes.interrupted;
    else await finish(output, flags, trained, (performance.now() - started) / 1000);
  } finally {
    interruption.dispose();
  }
}

async function finish(
  output: Output,
  flags: TrainFlags,
  { parts, report, notes, peakBytes }: TrainedParts,
  seconds: number,
): Promise<void> {
  const isWritten = report.fit || flags.evenIfUnfit === true;
  const bundle = isWritten
    ? await writeBundle(flags.out, parts, { prove: (made) => proveModel(made, forkRole) })
    : null;
  if (!report.fit) process.exitCode = exitCodes.checkFailed;
  const { dir = null, hash = null } = bundle ?? {};
  const whole = { ...report, seconds, peakBytes, notes, dir, hash };
  if (flags.json === true) output.json(whole);
  else for (const line of trainLines(whole, flags.lang ?? 'ko')) output.line(line);
}

export function addTrain(program: Command): void {
  program
    .command('train')
    .description('a model from history, on this gateway, with an honest card')
    .argument('[csv]', 'the history, .csv or .csv.gz; absent: the shots and labels of the store')
    .requiredOption('--out <dir>', 'folder of the bundle, which must not exist yet')
    .option('--label <column>', 'column with the inspection result')
    .option('--positive <values>', 'label values that mean a defect, separated by commas', list)
    .option('--binary', 'tell only good from defect, however many label values there are')
    .option('--time <columns>', 'column of the time, or two as DATE,TIME', list)
    .option(
      '--group <column>',
      'rows of one value here (lot, shot) stay on one side of every split',
    )
    .option('--features <columns>', 'learn from these only', list)
    .option(
      '--drop <column[=value]>',
      'leave out a column, or the rows with this value; repeatable',
      collect,
      [],
    )
    .option('--profile <id>', 'read the columns as this profile’s signals, sentinels and all')
    .option('--store <dir>', 'learn from the shots and labels of this store')
    .option('-c, --config <file>', 'learn from the store of this configuration')
    .option('--machine <id>', 'with a store: shots of this machine')
    .option('--mold <mold>', 'with a store: shots of this mold only')
    .option('--name <name>', 'name of the model (default: that of the folder)')
    .option('--version <version>', 'version of the model', '1.0.0')
    .option('--false-alarms <share>', 'good parts that may be called defects', share, 0.01)
    .option('--test-share <share>', 'share of the rows, the last, to measure on', share, 0.2)
    .option('--seed <n>', 'the same data and seed give the same model', positiveNumber, 1)
    .option('--even-if-unfit', 'write the bundle although the data cannot support a model')
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(action('train a model', run, (_csv, flags) => flags.lang ?? 'ko'));
}
