/** `ppuri report energy`: what machines used, for what, and for how many parts. */
import { type Command, Option } from 'commander';
import {
  type EnergyPage,
  type EnergyPageRequest,
  type EnergyReport,
  queryEnergy,
  queryPeriods,
  queryShotEnergy,
} from '../store/energy-queries.ts';
import { storePaths } from '../store/paths.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import { energyCsv, periodLine, periodTitles, shotLine, shotTitles } from './energy-csv.ts';
import { energyLines } from './energy-lines.ts';
import { labelLanguage } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { action, type Output } from './output.ts';
import {
  addStoreFlags,
  moment,
  openStore,
  type Place,
  placeOf,
  type StoreFlags,
} from './store-access.ts';
import { openStoreFile } from './store-file.ts';

type Database = ReturnType<typeof openStoreFile>;

interface EnergyFlags extends StoreFlags {
  readonly machine?: string;
  readonly since?: number;
  readonly until?: number;
  readonly by: 'total' | 'shift';
  readonly csv?: boolean;
  readonly periods?: boolean;
  readonly shots?: boolean;
  readonly bom?: boolean;
}

const weekMs = 7 * 86_400_000;
const rowsAtOnce = 1000;
const defaultShifts = ['08:00', '20:00'];

const help = `
Energy is what meters counted, by quarter hour. production: within a cycle; idle: on, and no shot for
longer than a cycle takes; hold: stopped, below holdBelowKw; off: hardly anything; unallocated: counted
while the agent, the meter or the line to it was away, so that nobody knows when. kWh/shot is the mean
of the shots whose energy is known; kWh/good is the energy of production, waste with it, for each good
part: good by its label, else by its verdict. Demand is the mean power of a whole quarter hour.

--json prints {"fromWallMs","toWallMs","rows":[{"machine","shiftFromWallMs","kWh":{"production","idle",
"hold","off","unallocated","total"}|null,"hours","peakKw","peakWallMs","periods","complete","shots",
"measured","good","unknown","kWhPerShot","kWhPerGood","kWhPerKg","idleShare","molds":[…]}]}; null is
"not known", never 0. --periods gives the quarter hours themselves, --shots each shot with its error
bound, and why one has no energy: as CSV, or with --json one object a line.

Examples:
  ppuri report energy -c ppuri.yaml --since 24h
  ppuri report energy -c ppuri.yaml --since 30d --by shift --csv --bom > energy.csv
  ppuri report energy -c ppuri.yaml --since 2026-11-01 --periods > quarter-hours.csv`;

async function run(output: Output, given: EnergyFlags): Promise<void> {
  const place = placeOf(given);
  const flags = await resolved(given, place);
  if (flags.periods === true) return printRows(output, place, flags, periodTable);
  if (flags.shots === true) return printRows(output, place, flags, shotTable);
  const report = reportOf(place, flags);
  if (flags.json === true) output.json(report);
  else if (flags.csv === true) printCsv(output, flags, energyCsv(report));
  else if (report.rows.length === 0) output.note(nothing(place));
  else for (const line of energyLines(report, place)) output.line(line);
}

async function resolved(flags: EnergyFlags, place: Place): Promise<EnergyFlags> {
  if (flags.machine === undefined) return flags;
  const store = openStore(place.dir);
  try {
    return await withMachineId(flags, store, place, 'report energy');
  } finally {
    store.close();
  }
}

const nothing = ({ lang }: Place): string =>
  lang === 'ko'
    ? '그 기간에 전력 기록이 없습니다. 설정의 machines → energy 에 계량기를 적었는지 확인하세요'
    : 'no energy in that time; does the configuration name a meter under machines → energy?';

function rangeOf({ since, until, machine }: EnergyFlags) {
  const toWallMs = until ?? Date.now();
  return { fromWallMs: since ?? toWallMs - weekMs, toWallMs, machine };
}

/** From the file, beside a running agent: a long period would keep that from its records. */
function withFile<T>(place: Place, use: (db: Database) => T): T {
  const db = openStoreFile(storePaths(place.dir).database);
  try {
    return use(db);
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read energy from the store', db.name, 'reader');
  } finally {
    db.close();
  }
}

function reportOf(place: Place, flags: EnergyFlags): EnergyReport {
  const shifts = flags.by === 'shift' ? (place.shifts ?? defaultShifts) : undefined;
  return withFile(place, (db) => queryEnergy(db, { ...rangeOf(flags), shifts }));
}

function printCsv(output: Output, { bom }: EnergyFlags, [titles = '', ...rows]: string[]): void {
  output.line((bom === true ? '\ufeff' : '') + titles);
  for (const row of rows) output.line(row);
}

interface RowTable<T> {
  readonly titles: string;
  readonly query: (db: Database, request: EnergyPageRequest) => EnergyPage<T>;
  readonly line: (row: EnergyPage<T>['rows'][number]) => string;
}

const periodTable = { titles: periodTitles, query: queryPeriods, line: periodLine };
const shotTable = { titles: shotTitles, query: queryShotEnergy, line: shotLine };

/** Page by page: a year has 35,000 quarter hours of each machine. */
function printRows<T>(
  output: Output,
  place: Place,
  flags: EnergyFlags,
  { titles, query, line }: RowTable<T>,
): void {
  const json = flags.json === true;
  if (!json) printCsv(output, flags, [titles]);
  withFile(place, (db) => {
    let after: EnergyPageRequest['after'];
    do {
      const { rows, next } = query(db, { ...rangeOf(flags), limit: rowsAtOnce, after });
      for (const row of rows)
        if (json) output.json(row);
        else output.line(line(row));
      after = next ?? undefined;
    } while (after !== undefined);
  });
}

export function addReportEnergy(report: Command): void {
  const command = report
    .command('energy')
    .description('kWh by machine: production, idle, hold; per shot, good part and kg; peak demand');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--since <when>', 'from: 24h, or a date and time (default: 7 days)', moment)
    .option('--until <when>', 'up to: 1h, or a date and time', moment)
    .addOption(
      new Option('--by <what>', 'one row a machine, or a shift')
        .choices(['total', 'shift'])
        .default('total'),
    )
    .option('--periods', 'the quarter hours themselves, as CSV or with --json')
    .addOption(new Option('--shots', 'the shots themselves, alike').conflicts('periods'))
    .addOption(new Option('--csv', 'comma-separated').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('report energy', run, labelLanguage));
}
