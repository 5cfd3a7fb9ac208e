/** `ppuri report effect`: whether defects and energy fell between two periods, and how sure that is. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { readTable } from '../../models/table.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { countBoth } from '../count-both.ts';
import { effectPage, effectSheets } from '../report/effect-page.ts';
import { type EffectReport, effectReport } from '../report/effect-report.ts';
import { verdictLines, verdictText } from '../report/effect-words.ts';
import type { Evidence, Settings } from '../report/evidence.ts';
import { evidenceCsv } from '../report/evidence-csv.ts';
import { readEvidence } from '../report/evidence-read.ts';
import { type Asked, countRequest, gather } from '../report/gather.ts';
import { periodsOf, workingDayOf } from '../report/periods.ts';
import { readPrices } from '../report/prices.ts';
import { forkRole } from '../role.ts';
import { storePaths } from '../store/paths.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import { positiveNumber } from './arguments.ts';
import { requireWritable, writeResult } from './backtest-files.ts';
import { sheetLines, wrapped } from './backtest-lines.ts';
import { labelLanguage } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, openStore, type Place, placeOf, type StoreFlags } from './store-access.ts';
import { openStoreFile } from './store-file.ts';

interface EffectFlags extends StoreFlags {
  readonly before?: string;
  readonly after?: string;
  readonly fromCsv?: string;
  readonly basis: Settings['basis'];
  readonly by: Settings['by'];
  readonly blocks: Settings['blocks'];
  readonly machine?: string;
  readonly mold?: string;
  readonly aim: number;
  readonly looks?: 'weekly' | 'open';
  readonly plannedDays?: number;
  readonly prices?: string;
  readonly scrapKrw?: number;
  readonly kwhKrw?: number;
  readonly out?: string;
  readonly csv?: string;
}

const help = `
A period is days (2026-03-01..2026-03-31), single days (2026-03-02,2026-03-04), or both; a day begins with
the first shift. Days on and off by turns make the surest trial: see ppuri report plan --alternate.
Defects are those that inspection found (--basis labels). Verdicts are no defects: --basis verdicts
says so in the report. Try shots, warm-up and shots that were not read are left out and counted.

The verdict compares the same mix of molds and takes shots of a day or week as alike; --looks weekly
with --planned-days keeps the chance of a false claim at 5 % over all looks until then, --looks open
over any number. Without prices no money is told. The file is read beside a running agent.

--out writes one page that needs nothing else and prints on A4; --csv the counts by day, machine and
mold, from which --from-csv computes the same report again. A column mode or lot that you fill in
there counts. --json prints one object: {"evidence":{"settings","days","shots","energy","models",
"ledger"},"sha256","basis","effect":{"defects","charts","energy"},"alternation"|null,"cost"|null}.

Examples:
  ppuri report effect -c ppuri.yaml --before 2026-01-01..2026-02-28 --after 2026-03-01..2026-04-30 \\
    --scrap-krw 3200 --out effect.html --csv evidence.csv
  ppuri report effect --from-csv evidence.csv --lang en --out effect-en.html`;

const operation = 'report effect';

/** `50%` or `0.5` → 0.5. */
export function share(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('give a share above 0 and below 1, such as 50% or 0.5');
}

function price(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1e12) return value;
  throw new InvalidArgumentError('give an amount in won, such as 3200');
}

const wrong = (subject: string, message: string, hint: string): PpuriError =>
  new PpuriError('usage', message, { operation, subject, hint });

async function run(output: Output, flags: EffectFlags): Promise<void> {
  for (const path of [flags.out, flags.csv]) if (path !== undefined) await requireWritable(path);
  const place = placeOf(flags);
  const evidence =
    flags.fromCsv === undefined
      ? await fromStore(flags, place)
      : await fromCsv(flags.fromCsv, flags);
  const report = effectReport(evidence);
  if (flags.out !== undefined)
    await writeResult(flags.out, effectPage(report, place.lang), operation);
  if (flags.csv !== undefined) await writeResult(flags.csv, evidenceCsv(evidence), operation);
  if (flags.json === true) output.json(report);
  else print(output, report, place, flags.out === undefined);
}

function print(output: Output, report: EffectReport, { lang }: Place, inFull: boolean): void {
  for (const line of wrapped(verdictText(report)[lang])) output.line(line);
  for (const text of verdictLines(report))
    for (const line of wrapped(text[lang], 2)) output.line(line);
  if (!inFull) return;
  for (const sheet of effectSheets(report)) {
    output.line('');
    for (const line of sheetLines(sheet, lang)) output.line(line);
  }
}

async function fromCsv(path: string, { before, after }: EffectFlags): Promise<Evidence> {
  if (before !== undefined || after !== undefined)
    throw wrong(
      '--from-csv',
      'the file says itself which periods it is about',
      'leave out --before and --after',
    );
  return readEvidence(await readTable(path));
}

async function fromStore(flags: EffectFlags, place: Place): Promise<Evidence> {
  const { before, after } = flags;
  if (before === undefined || after === undefined)
    throw wrong(
      before === undefined ? '--before' : '--after',
      'two periods are compared',
      'give --before 2026-01-01..2026-01-31 --after 2026-02-01..2026-02-28',
    );
  const dayStart = (place.shifts ?? ['08:00']).toSorted()[0] ?? '08:00';
  const periods = periodsOf(before, after, workingDayOf(Date.now(), dayStart));
  const { machine } = await resolved(flags, place);
  const settings = { ...settingsOf(flags, dayStart, periods.after), machine: machine ?? null };
  return read(place, { periods, settings, parts: place.parts, nameOf: place.machineName });
}

async function resolved(flags: EffectFlags, place: Place): Promise<EffectFlags> {
  if (flags.machine === undefined) return flags;
  const store = openStore(place.dir);
  try {
    return await withMachineId(flags, store, place, operation);
  } finally {
    store.close();
  }
}

function settingsOf(
  flags: EffectFlags,
  dayStart: string,
  after: readonly string[],
): Asked['settings'] {
  const { basis, by, blocks, aim, mold, config } = flags;
  const given = flags.prices === undefined ? null : readPrices(flags.prices);
  const gateway = config === undefined ? null : parseConfig(config).config?.gateway.id;
  return {
    ...{ basis, by, blocks, aim, looks: looksOf(flags, after), dayStart, machine: null },
    mold: mold ?? null,
    scrapKrw: flags.scrapKrw ?? given?.scrapKrw ?? null,
    kwhKrw: flags.kwhKrw ?? given?.kwhKrw ?? null,
    version: packageJson.version,
    gateway: gateway ?? '',
    countedWallMs: Date.now(),
  };
}

/** How often and how long is fixed before the data come, or the looks promise nothing. */
function looksOf({ looks, plannedDays }: EffectFlags, after: readonly string[]): Settings['looks'] {
  if (looks === undefined) return null;
  if (looks === 'open')
    return { method: 'mixture', everyDays: 7, plannedDays: plannedDays ?? after.length };
  if (plannedDays === undefined || plannedDays < 7)
    throw wrong(
      '--planned-days',
      'weekly looks need the number of days planned for the period after, 7 or more',
      'give the number that was fixed before the start, e.g. --planned-days 56',
    );
  return { method: 'spending', everyDays: 7, plannedDays };
}

/** From the file, beside a running agent: a long period would keep that from its records. */
async function read(place: Place, asked: Asked): Promise<Evidence> {
  const { database } = storePaths(place.dir);
  const db = openStoreFile(database);
  try {
    const [before, after] = [
      countRequest(asked, 'before', database),
      countRequest(asked, 'after', database),
    ];
    return gather(db, asked, await countBoth(before, after, forkRole));
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read the evidence of an effect', db.name, 'reader');
  } finally {
    db.close();
  }
}

export function addReportEffect(report: Command): void {
  const command = report
    .command('effect')
    .description('defects and energy before and after: by how much, and how sure that is');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--before <days>', 'the period before, 2026-01-01..2026-02-28')
    .option('--after <days>', 'the period after')
    .addOption(
      new Option('--basis <who>', 'defects by inspection, or by verdicts')
        .choices(['labels', 'verdicts'])
        .default('labels'),
    )
    .addOption(
      new Option('--by <what>', 'compare each mold on each machine, each mold, or all as one')
        .choices(['machine', 'mold', 'none'])
        .default('machine'),
    )
    .addOption(
      new Option('--blocks <what>', 'what resembles itself within')
        .choices(['auto', 'day', 'week', 'lot'])
        .default('auto'),
    )
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--mold <mold>', 'of this mold only')
    .option('--aim <share>', 'fall of the defect rate that is hoped for', share, 0.5)
    .addOption(
      new Option('--looks <when>', 'looked at again and again').choices(['weekly', 'open']),
    )
    .option('--planned-days <n>', 'days planned for the period after, with --looks', positiveNumber)
    .option('--prices <file>', 'YAML with scrapKrw and kwhKrw')
    .option('--scrap-krw <won>', 'cost of one scrapped shot', price)
    .option('--kwh-krw <won>', 'cost of one kWh', price)
    .option('--out <file>', 'write it as one page, HTML')
    .option('--csv <file>', 'write the counts that it rests on')
    .option('--from-csv <file>', 'compute it again from such counts alone')
    .addHelpText('after', help)
    .action(action(operation, run, labelLanguage));
}
