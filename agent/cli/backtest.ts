/** `ppuri backtest`: a model on a history, judged as live shots are. */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { findBundle, readBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { readTable, type Table } from '../../models/table.ts';
import { featureHistory, featuresFed, type History, profileHistory } from '../backtest/history.ts';
import { readLabels } from '../backtest/labels.ts';
import { type BacktestReport, type JudgedRow, reportOn } from '../backtest/report.ts';
import { openHistoryJudge } from '../backtest/run.ts';
import { createLog } from '../health/log.ts';
import { forkRole } from '../role.ts';
import { type TimeOrder, timeOrder } from '../simulator/replay-time.ts';
import { collectPairs, positiveNumber } from './arguments.ts';
import { list } from './model-flags.ts';
import { action, type Output } from './output.ts';

interface BacktestOptions {
  readonly label?: string;
  readonly time?: readonly string[];
  readonly positive?: string;
  readonly profile?: string;
  readonly column: Readonly<Record<string, string>>;
  readonly drop: Readonly<Record<string, string>>;
  readonly fromRow?: number;
  readonly toRow?: number;
  readonly limits: 'none' | 'profile';
  readonly verdicts?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const help = `
Rows go through the profile's registers, sentinels and suppressions where the columns belong to its
signals (so a verdict equals the one a live replay gives), else straight into the model's features.
Rows must be in the order of time: where a column says when each was (--time, or a usual name such
as registration_time), rows that go back are told. Row numbers count data rows from 1.

--json prints {"rows","scored","unscored":{reason:n},"verdicts","auc","ap","threshold","recall",
"falseAlarmRate","precision","accuracy","baseRate","n","perMold","chronological","time","model"};
metrics are over the n rows with a probability and a label, at the bundle's threshold, and null where
these cannot give them. time: {"columns","backwards","firstLine"}, null when no column says.

Examples:
  ppuri backtest diecast-defect history.csv --label passorfail
  ppuri backtest ./my-bundle log.csv.gz --label passorfail --from-row 57372 --json
  ppuri backtest ./lens quality.csv --label quality --positive 1 --verdicts out.csv
  ppuri backtest diecast-defect log.csv --label result --drop tryshot_signal=D`;

/** A profile without the model's features would leave every input missing. */
function requireFeatures({ manifest }: Bundle, profile: Profile): void {
  const lacking = manifest.features
    .map(({ from }) => from)
    .filter((from) => !(from in profile.features));
  if (lacking.length === 0) return;
  throw new PpuriError('usage', `profile ${profile.id} does not fit model ${manifest.name}`, {
    operation: 'backtest',
    subject: profile.id,
    hint: `the model is for ${manifest.profile}; this profile lacks ${lacking.join(', ')}`,
  });
}

async function openHistory(
  bundle: Bundle,
  file: string,
  table: Table,
  options: BacktestOptions,
): Promise<History> {
  const reference = options.profile ?? bundle.manifest.profile;
  const profile = loadProfile(reference);
  requireFeatures(bundle, profile);
  const fed = featuresFed(table, bundle.manifest, profile, options.column);
  return fed.throughProfile > 0 && fed.throughProfile >= fed.straight
    ? profileHistory(file, profile, options.column)
    : featureHistory(table, bundle.manifest);
}

function droppedRows(
  table: Table,
  drop: Readonly<Record<string, string>>,
): (row: number) => boolean {
  const rules = Object.entries(drop).map(([name, value]) => ({
    column: table.column(name),
    value,
  }));
  return (row) => rules.some(({ column, value }) => table.rows[row]?.[column] === value);
}

async function judgeRows(
  history: History,
  table: Table,
  bundle: Bundle,
  options: BacktestOptions,
  progress: (done: number) => void,
): Promise<JudgedRow[]> {
  const profile =
    options.limits === 'profile' ? loadProfile(options.profile ?? bundle.manifest.profile) : null;
  const log = createLog((line) => process.stderr.write(`${line}\n`), 'warn');
  const labelOf =
    options.label === undefined ? () => null : readLabels(table, options.label, options.positive);
  const isDropped = droppedRows(table, options.drop);
  const [from, to] = [options.fromRow ?? 1, options.toRow ?? Number.POSITIVE_INFINITY];
  const judged: JudgedRow[] = [];
  const judge = await openHistoryJudge(bundle, profile?.limits ?? {}, history.moldExpected, {
    fork: forkRole,
    log,
  });
  try {
    for (let row = 1, cycle = history.next(); cycle !== null; row += 1, cycle = history.next()) {
      if (row < from || row > to || isDropped(row - 1)) continue;
      judged.push({ row, cycle, verdict: await judge.judge(cycle), label: labelOf(row - 1) });
      progress(judged.length);
    }
  } finally {
    await judge.close();
  }
  return judged;
}

function notWritable(path: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('usage', `the verdicts cannot be written: ${why}`, {
    operation: 'backtest',
    subject: path,
    hint: 'give --verdicts a file in a folder that is there and that this user may write',
    cause,
  });
}

/** Before a long work, whether its result can be put down. Throws `usage`. */
async function requireWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw notWritable(path, 'it is a folder');
  try {
    await access(there === null ? dirname(path) : path, constants.W_OK);
    if (there === null && !(await stat(dirname(path))).isDirectory())
      throw notWritable(path, `${dirname(path)} is not a folder`);
  } catch (thrown) {
    throw thrown instanceof PpuriError ? thrown : notWritable(path, thrown);
  }
}

async function writeVerdicts(path: string, judged: readonly JudgedRow[]): Promise<void> {
  const lines = judged.map(({ row, cycle, verdict, label }) =>
    [
      row,
      cycle.mold ?? '',
      verdict.outcome,
      verdict.reason,
      verdict.probability ?? '',
      label ?? '',
    ].join(','),
  );
  const text = `row,mold,outcome,reason,probability,label\n${lines.join('\n')}\n`;
  await writeFile(path, text).catch((cause: unknown) => {
    throw notWritable(path, cause);
  });
}

const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'not known' : `${(value * 100).toFixed(2)} %`;
const plain = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'not known' : value.toFixed(4);

/** Why there is nothing to measure the verdicts by. */
function noMetrics(label: string | undefined, judged: readonly JudgedRow[]): string {
  if (label === undefined) return 'no labels: give --label COLUMN for AUC, recall and false alarms';
  if (judged.every((row) => row.label === null))
    return `no labels: column ${label} is empty in every row that was judged`;
  return `no AUC, recall or false alarms: no row with a label in ${label} has a probability`;
}

function noteOrder(order: TimeOrder | null, table: Table, output: Output): void {
  if (order === null || order.backwards === 0) return;
  const { columns, backwards, firstLine } = order;
  output.note(
    `warning: ${backwards} of ${table.rows.length} rows are earlier than the row before (${columns.join(' + ')}, first on line ${firstLine}): warm-up, windows over shots and the figures by time need the order of time; sort the file`,
  );
}

function print(report: BacktestReport, history: History, whyNone: string, output: Output): void {
  const reasons = Object.entries(report.unscored).map(([reason, n]) => `${reason} ${n}`);
  output.line(
    `${report.model.name} ${report.model.version}: ${report.rows} rows, ${report.scored} scored, unscored: ${reasons.join(', ') || 'none'}`,
  );
  output.line(`verdicts: ok ${report.verdicts.ok}, defect ${report.verdicts.defect}`);
  if (report.n === 0) output.line(whyNone);
  else {
    output.line(`base rate of defects ${percent(report.baseRate)} (n = ${report.n})`);
    output.line(`AUC ${plain(report.auc)}, average precision ${plain(report.ap)}`);
    output.line(
      `at threshold ${plain(report.threshold)}: recall ${percent(report.recall)}, false alarms ${percent(report.falseAlarmRate)}, precision ${percent(report.precision)}, accuracy ${percent(report.accuracy)}`,
    );
    for (const [mold, metrics] of Object.entries(report.perMold)) {
      output.line(
        `  mold ${mold}: n ${metrics.n}, defects ${percent(metrics.baseRate)}, AUC ${plain(metrics.auc)}, recall ${percent(metrics.recall)}, false alarms ${percent(metrics.falseAlarmRate)}`,
      );
    }
    for (const part of report.chronological) {
      output.line(
        `  rows ${part.fromRow} to ${part.toRow}: defects ${percent(part.baseRate)}, AUC ${plain(part.auc)}, recall ${percent(part.recall)}, false alarms ${percent(part.falseAlarmRate)}`,
      );
    }
  }
  if (history.absent.length > 0) {
    output.note(`no column feeds ${history.absent.join(', ')}: missing in every row`);
  }
  if (history.unused.length > 0) output.note(`columns not used: ${history.unused.join(', ')}`);
}

async function run(
  output: Output,
  reference: string,
  file: string,
  options: BacktestOptions,
): Promise<void> {
  if (options.verdicts !== undefined) await requireWritable(options.verdicts);
  const place = await findBundle(
    reference,
    options.store === undefined ? {} : { storePath: options.store },
  );
  const bundle = await readBundle(place.dir);
  const table = await readTable(file);
  const order = timeOrder(table, options.time ?? null);
  noteOrder(order, table, output);
  const history = await openHistory(bundle, file, table, options);
  const showProgress = process.stderr.isTTY === true && options.json !== true;
  const judged = await judgeRows(history, table, bundle, options, (done) => {
    if (showProgress && done % 500 === 0) process.stderr.write(`\r${done} of ${history.rows} rows`);
  });
  if (showProgress) process.stderr.write('\r\u001b[K');
  if (judged.length === 0) {
    throw new PpuriError('csv-invalid', 'no row is left to judge', {
      operation: 'backtest',
      subject: file,
      hint: `the file has ${table.rows.length} rows; look at --from-row, --to-row and --drop`,
    });
  }
  if (options.verdicts !== undefined) await writeVerdicts(options.verdicts, judged);
  const { manifest, hash } = bundle;
  const report = reportOn(
    judged,
    { name: manifest.name, version: manifest.version, hash },
    manifest.threshold,
  );
  if (options.json === true) output.json({ ...report, time: order });
  else print(report, history, noMetrics(options.label, judged), output);
}

export function addBacktest(program: Command): void {
  program
    .command('backtest')
    .description('a model on a history in CSV: AUC, recall and false alarms, by mold and time')
    .argument('<bundle>', 'a bundle folder, or the name of a shipped or added model')
    .argument('<csv>', 'the history, .csv or .csv.gz')
    .option('--label <column>', 'column with the inspection result')
    .option('--positive <value>', 'label value that means a defect')
    .option('--time <columns>', 'column of the time, or two as DATE,TIME', list)
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
    .option('--verdicts <file>', 'write each row’s verdict to a CSV')
    .option('--store <dir>', 'store in which added models are looked for')
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(action('backtest', run));
}
