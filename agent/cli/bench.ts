/** `ppuri bench`: whether this hardware bears the configured load, measured with simulated machines. */
import { accessSync, closeSync, constants, openSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import type { BenchReport } from '../bench/report.ts';
import { runBench } from '../bench/run.ts';
import { duration } from './arguments.ts';
import { benchLines } from './bench-lines.ts';
import { type Interruption, interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { type Language, terminalLanguage } from './words.ts';

interface BenchFlags {
  readonly config?: string;
  /** ms */
  readonly for: number;
  readonly json?: string;
  readonly capacity: boolean;
  readonly whileRunning?: boolean;
  readonly lang?: Language;
}

const leastMs = 2000;
const standardMs = 30_000;

const help = `
Serves the machines of the configuration as simulated ones on loopback (serial ports as pseudo
terminals, where socat is installed), runs the real agent beside them with a store of its own in a
temporary directory on the disk of the configured store, and measures. The configured devices and
the real store are not touched, nothing is sent anywhere, and everything is gone afterwards. Without
-c: ten die-casting machines on Modbus TCP. Shots come far faster than real machines make them, so
that there is enough to measure; the simulated machines take their share of this computer too. Both
make the figures worse than on the shop floor, never better.

Takes about six times as long as --for: the load itself, the disk, then how many machines hold.
A load holds when at most one shot in a thousand is late: snapshot → reject signal against the
machine's deadlineMs, as the machine sees it (behind a slow serial line snapshot → verdict).
Exit code 0: it holds; 1: it does not, and the last lines say what to do.

--json FILE writes the figures to send in: {"schema":"ppuri-bench/1","ppuri","at","host":{…},
"load":{…},"run":{"wireMs","stagesMs","bounds","unscored","cpuCores","memoryMiB",…},"paceFactor",
"store":{"syncMs","commitMs","bytesPerShot","bytesPerDay",…},"capacity":{"holds","breaks","ended"}|
null,"verdict":{"holds","broken","reactionMs","figure","deadlineMs","margin"},"disturbed":[…],
"notes":[…]}. Times are ms, null where there are too few for that quantile. It has no names of
hosts, sites, machines or addresses in it.

Examples:
  $ ppuri bench
  $ sudo ppuri bench -c /etc/ppuri/ppuri.yaml --lang ko
  $ ppuri bench -c ppuri.yaml --for 2m --json bench.json`;

async function bench(early: Interruption | null, output: Output, flags: BenchFlags): Promise<void> {
  const stop = early ?? interrupted();
  const lang = flags.lang ?? terminalLanguage();
  const ended = stop.signal.then<never>((signal) => {
    throw interruptedError(signal);
  });
  ended.catch(() => undefined);
  try {
    // Told before the minutes that it takes, not after them.
    if (flags.json !== undefined) requireWritable(flags.json);
    const report = await runBench({
      config: flags.config ?? null,
      seconds: flags.for / 1000,
      capacity: flags.capacity ? 'search' : 'skip',
      whileRunning: flags.whileRunning === true ? 'accept' : 'refuse',
      say: (text) => output.note(text[lang]),
      ended,
      isEnding: () => stop.seen() !== null,
    });
    for (const line of benchLines(report, lang)) output.line(line);
    if (flags.json !== undefined) writeReport(flags.json, report);
    if (!report.verdict.holds) process.exitCode = exitCodes.checkFailed;
  } catch (error) {
    // Whatever a Ctrl-C at the terminal did to the children: it was wanted.
    if (stop.seen() === null) throw error;
    output.note(
      lang === 'ko' ? '중단했습니다. 남긴 것은 없습니다.' : 'interrupted; nothing is left behind',
    );
    process.exitCode = exitCodes.interrupted;
  } finally {
    stop.dispose();
  }
}

function interruptedError(signal: NodeJS.Signals): PpuriError {
  return new PpuriError('internal', `interrupted by ${signal}`, {
    operation: 'benchmark this gateway',
    subject: 'ppuri bench',
  });
}

/** Three digits after the point are more than any of it is worth. */
function thousandths(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}

function writeReport(file: string, report: BenchReport): void {
  try {
    writeFileSync(file, `${JSON.stringify(report, thousandths, 2)}\n`);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function requireWritable(file: string): void {
  try {
    const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
    if (isThere) closeSync(openSync(file, 'r+'));
    else accessSync(dirname(resolve(file)), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('usage', `the report cannot be written: ${why}`, {
    operation: 'write the report',
    subject: file,
    hint: 'name a file in a directory where this user may write',
    cause,
  });
}

/** Long enough that there is something to measure. */
function benchTime(text: string): number {
  return Math.max(leastMs, duration(text));
}

export function addBench(program: Command, early: Interruption | null = null): void {
  const command = program
    .command('bench')
    .description('whether this hardware bears the load: stage times, capacity, disk, a verdict')
    .option(
      '-c, --config <file>',
      'the load of this configuration (default: ten die-casting machines)',
    )
    .option(
      '--for <time>',
      'measure the load so long, 2s or more (default 30s)',
      benchTime,
      standardMs,
    )
    .option('--no-capacity', 'do not look for how many machines hold')
    .option('--while-running', 'measure although an agent works on this gateway')
    .option('--json <file>', 'write the figures there, to send in')
    .addHelpText('after', help);
  const language = command
    .createOption('--lang <language>', 'language of the report (default: that of the terminal)')
    .choices(['ko', 'en']);
  command.addOption(language).action(
    action(
      'benchmark this gateway',
      (output, flags: BenchFlags) => bench(early, output, flags),
      (flags) => flags.lang ?? terminalLanguage(),
    ),
  );
}
