/** `ppuri backtest`: a model on a history, judged as live shots are. */
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { findBundle, readBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { readTable, type Table } from '../../models/table.ts';
import { alertFigures } from '../backtest/alert-figures.ts';
import { type Comparison, compare } from '../backtest/compare.ts';
import type { Prices } from '../backtest/cost.ts';
import { pageOf } from '../backtest/picture/page.ts';
import { pictureOf } from '../backtest/picture/picture.ts';
import { type BacktestReport, reportOn } from '../backtest/report.ts';
import { sheetsOf } from '../backtest/sheets.ts';
import type { WindowsBy } from '../backtest/windows.ts';
import type { Text } from '../records.ts';
import { collectPairs, positiveNumber } from './arguments.ts';
import { requireWritable, verdictsCsv, writeResult } from './backtest-files.ts';
import { sheetLines, wrapped } from './backtest-lines.ts';
import { noLabels, notesOn } from './backtest-notes.ts';
import { type JudgedHistory, judgeHistory, type RunOptions, scoreLimit } from './backtest-run.ts';
import { list } from './model-flags.ts';
import { action, type Output } from './output.ts';
import type { Language } from './words.ts';

interface BacktestOptions extends RunOptions {
  readonly windows: WindowsBy;
  readonly shifts?: readonly string[];
  readonly episode: number;
  readonly costMiss?: number;
  readonly costFalse?: number;
  readonly costInspect?: number;
  readonly against?: string;
  readonly html?: string;
  readonly svg?: string;
  readonly verdicts?: string;
  readonly store?: string;
  readonly lang: Language;
  readonly json?: boolean;
}

const help = `
Rows go through the profile's registers, sentinels and suppressions where the columns belong to its
signals (so a verdict equals the one a live replay gives), else straight into the model's features.
Rows must be in the order of time: where a column says when each was (--time, or a usual name such
as registration_time), rows that go back are told. Row numbers count data rows from 1.

The verdicts then make alerts by the agent's own rules, in the history's own time: how many an
operator would have had, how many were true, which runs of defects they found and how soon.
Costs are per shot in any unit: a defect called good (--cost-miss), a good shot called a defect
(--cost-false), an inspection (--cost-inspect, for each verdict defect). A threshold is chosen on
the earlier half of the time and judged on the later half, never on the same shots.

--json prints {"rows","scored","unscored":{reason:n},"verdicts","auc","ap","threshold","recall",
"falseAlarmRate","precision","accuracy","baseRate","n","defects","intervals","perMold",
"chronological","windows","gaps","period","repeats","thresholds","cost"|null,"alerts",
"against"|null,"time","model"}; metrics are over the n rows with a probability and a label, at the
bundle's threshold, and null where these cannot give them. time: {"columns","backwards",
"firstLine"}, null when no column says. A mold or window with fewer than 5 defects or good shots
has null figures and "tooFew".

Examples:
  ppuri backtest diecast-defect history.csv --label passorfail
  ppuri backtest ./my-bundle log.csv.gz --label passorfail --from-row 57372 --json
  ppuri backtest ./lens quality.csv --label quality --positive 1 --verdicts out.csv
  ppuri backtest diecast-defect log.csv --label result --drop tryshot_signal=D --windows week
  ppuri backtest ./new log.csv --label result --against ./old --html backtest.html
  ppuri backtest ./new log.csv --label result --cost-miss 30000 --cost-false 1500`;

function windowsBy(text: string): WindowsBy {
  if (text === 'day' || text === 'week' || text === 'shift') return text;
  const blocks = Number(text);
  if (Number.isSafeInteger(blocks) && blocks >= 1 && blocks <= 1000) return blocks;
  throw new InvalidArgumentError('give day, week, shift or a number of equal blocks');
}

function price(text: string): number {
  const value = Number(text.replaceAll(/[,_]/g, ''));
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('give an amount from 0, such as 15000');
}

function clockTimes(text: string): string[] {
  return list(text).map((time) => {
    if (/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return time;
    throw new InvalidArgumentError('give times such as 08:00,20:00');
  });
}

/** Throws `usage` where one of the two that belong together is absent. */
function pricesOf({ costMiss, costFalse, costInspect }: BacktestOptions): Prices | null {
  if (costMiss !== undefined && costFalse !== undefined)
    return { miss: costMiss, falseAlarm: costFalse, inspect: costInspect ?? null };
  if (costMiss === undefined && costFalse === undefined && costInspect === undefined) return null;
  const absent = costMiss === undefined ? '--cost-miss' : '--cost-false';
  throw new PpuriError('usage', 'costs weigh misses against false alarms: one is not given', {
    operation: 'backtest',
    subject: absent,
    hint: `give ${absent} too`,
  });
}

async function openBundle(reference: string, { store }: BacktestOptions): Promise<Bundle> {
  const place = await findBundle(reference, store === undefined ? {} : { storePath: store });
  return readBundle(place.dir);
}

/** A line that is written over, on a terminal only. */
function progressOn(table: Table, { json }: BacktestOptions) {
  const isShown = process.stderr.isTTY === true && json !== true;
  return {
    step: (done: number): void => {
      if (isShown && done % 500 === 0)
        process.stderr.write(`\r${done} of ${table.rows.length} rows`);
    },
    end: (): void => {
      if (isShown) process.stderr.write('\r\u001b[K');
    },
  };
}

/** What the bundle says of the data it was made from. */
function trainedOn({ manifest: { training } }: Bundle): string | null {
  const said = training.data ?? training.source;
  return typeof said === 'string' ? said : null;
}

const nameOf = ({ manifest: { name, version }, hash }: Bundle) => ({ name, version, hash });

async function compared(
  bundle: Bundle,
  judged: JudgedHistory,
  table: Table,
  options: BacktestOptions,
  progress: (done: number) => void,
): Promise<Comparison | null> {
  if (options.against === undefined) return null;
  const other = await openBundle(options.against, options);
  const theirs = await judgeHistory(other, table, options, progress);
  const threshold = scoreLimit(other);
  return compare(
    { shots: judged.shots, threshold: scoreLimit(bundle) },
    { shots: theirs.shots, threshold, model: nameOf(other) },
  );
}

async function writeFiles(
  report: BacktestReport,
  { shots }: JudgedHistory,
  { verdicts, html, svg }: BacktestOptions,
  file: string,
): Promise<void> {
  if (verdicts !== undefined) await writeResult(verdicts, verdictsCsv(shots));
  if (svg !== undefined) await writeResult(svg, pictureOf({ report, shots }));
  if (html !== undefined) await writeResult(html, pageOf({ report, shots }, basename(file)));
}

function print(report: BacktestReport, whyNone: Text | null, lang: Language, output: Output): void {
  for (const [index, sheet] of sheetsOf(report).entries()) {
    if (index > 0) output.line('');
    for (const line of sheetLines(sheet, lang)) output.line(line);
    if (index > 0 || whyNone === null) continue;
    for (const line of wrapped(whyNone[lang], 2)) output.line(line);
  }
}

async function run(
  output: Output,
  reference: string,
  file: string,
  options: BacktestOptions,
): Promise<void> {
  const prices = pricesOf(options);
  for (const path of [options.verdicts, options.html, options.svg])
    if (path !== undefined) await requireWritable(path);
  const bundle = await openBundle(reference, options);
  const table = await readTable(file);
  const progress = progressOn(table, options);
  const judged = await judgeHistory(bundle, table, options, progress.step);
  const against = await compared(bundle, judged, table, options, progress.step);
  progress.end();
  const { shots, repeats } = judged;
  const report = reportOn(shots, {
    ...{ model: nameOf(bundle), threshold: scoreLimit(bundle) },
    ...{ windows: options.windows, prices, repeats, against },
    trainedOn: trainedOn(bundle),
    ...(options.shifts === undefined ? {} : { shiftStarts: options.shifts }),
    alerts: alertFigures(shots, judged.alerts, options.episode),
  });
  await writeFiles(report, judged, options, file);
  for (const note of notesOn(judged, table, options)) output.note(note);
  if (options.json === true) output.json({ ...report, time: judged.clock.order });
  else print(report, noLabels(report, judged, options.label), options.lang, output);
}

export function addBacktest(program: Command): void {
  const command = program
    .command('backtest')
    .description('a model on a history in CSV: AUC, recall, false alarms, alerts and costs')
    .argument('<bundle>', 'a bundle folder, or the name of a shipped or added model')
    .argument('<csv>', 'the history, .csv or .csv.gz');
  addHistoryFlags(command);
  addReportFlags(command);
  command
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(action('backtest', run, (_bundle, _csv, { lang }) => lang));
}

/** How rows become shots. */
function addHistoryFlags(command: Command): void {
  command
    .option('--label <column>', 'column with the inspection result')
    .option('--positive <values>', 'label values that mean a defect, by commas')
    .option('--time <columns>', 'column of the time, or two as DATE,TIME', list)
    .option('--mold <column>', 'column of the mold; absent: the profile’s mold signal')
    .option('--profile <id>', 'profile whose signals the columns are; absent: the bundle’s')
    .option(
      '--column <signal=column>',
      'column of a signal, over the profile’s map',
      collectPairs,
      {},
    )
    .option('--drop <column=value>', 'leave out rows with this value', collectPairs, {})
    .option('--from-row <n>', 'first data row, from 1', positiveNumber)
    .option('--to-row <n>', 'last data row', positiveNumber)
    .addOption(
      new Option('--limits <which>', 'rule limits').choices(['none', 'profile']).default('none'),
    )
    .addOption(
      new Option('--parts <how>', 'rows that share one shot’s inputs: each a shot, or one together')
        .choices(['separate', 'join'])
        .default('separate'),
    )
    .option('--store <dir>', 'store in which added models are looked for');
}

/** What is made of them. */
function addReportFlags(command: Command): void {
  command
    .option('--windows <by>', 'day, week, shift, or so many equal blocks', windowsBy, 5)
    .option('--shifts <times>', 'when shifts begin; absent: 08:00,20:00', clockTimes)
    .option('--episode <shots>', 'defects closer than this are one run', positiveNumber, 10)
    .option('--cost-miss <amount>', 'cost of a defect that is called good', price)
    .option('--cost-false <amount>', 'cost of a good shot that is called a defect', price)
    .option('--cost-inspect <amount>', 'cost of inspecting one shot', price)
    .option('--against <bundle>', 'another model on the same shots, compared in pairs')
    .option('--html <file>', 'write the picture and all tables as one page, to view or print')
    .option('--svg <file>', 'write the picture alone')
    .option('--verdicts <file>', 'write each row’s verdict to a CSV')
    .addOption(
      new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']).default('ko'),
    );
}
