/** `ppuri report carbon`: emissions of a month, scopes apart, each row with its factor. */
import { type Command, Option } from 'commander';
import { carrierWords } from '../carbon/kesg.ts';
import type { CarbonMonth, CarbonRow, MeterCoverage } from '../carbon/month.ts';
import { writeResult } from './backtest-files.ts';
import { labelLanguage } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { carbonOf, evidenceOf, type MonthFlags, month, noteUnfinished } from './report-month.ts';
import { addStoreFlags, type Place, placeOf } from './store-access.ts';
import { type Column, csvLine, tableLines } from './table.ts';

const help = `
Scope 1 is fuel burnt in machines with a fuel meter, scope 2 the electricity of machines with a power
meter, location-based. Each record keeps the factor that was in force when it was made; one without
gets the one of its day, which is said (factorBy: report). A meter's share of the month in which it was
read is listed, and what it counted while nobody looked is in the amount (unallocated).

--json prints one object: {"month","fromWallMs","toWallMs","scope1Kg"|null,"scope2Kg"|null,"rows":
[{"machine","carrier","signal","scope","unit","amount","unallocated","carriedIn","co2eKg"|null,
"factor":{"of","kgPerUnit","unit","year","from","source"}|null,"factorBy","records"}],"coverage":
[{"machine","carrier","signal","covered","bridged","undated"}]}; shares are 0 to 1.

Examples:
  ppuri report carbon -c ppuri.yaml --month 2026-10
  ppuri report carbon -c ppuri.yaml --month 2026-10 --csv carbon-2026-10.csv`;

const figure = (value: number | null, digits = 1): string =>
  value === null ? '-' : value.toFixed(digits);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function columns({ lang, machineName }: Place): Column<CarbonRow>[] {
  const ko = lang === 'ko';
  return [
    { title: 'Scope', text: ({ scope }) => String(scope) },
    { title: ko ? '설비' : 'machine', text: ({ machine }) => machineName(machine) },
    { title: ko ? '에너지' : 'carrier', text: ({ carrier }) => carrierWords[carrier][lang] },
    {
      title: ko ? '사용량' : 'amount',
      align: 'right',
      text: ({ amount, unit }) => `${figure(amount)} ${unit}`,
    },
    {
      title: ko ? '시각 불명' : 'unallocated',
      align: 'right',
      text: ({ unallocated }) => figure(unallocated),
    },
    { title: 'kgCO₂eq', align: 'right', text: ({ co2eKg }) => figure(co2eKg) },
    {
      title: ko ? '배출계수' : 'factor',
      text: ({ factor }) =>
        factor === null
          ? ko
            ? '없음'
            : 'none in force'
          : `${factor.kgPerUnit.toPrecision(5)} kg/${factor.unit} (${factor.year}) ${factor.source}`,
    },
  ];
}

function coverageColumns({ lang, machineName }: Place): Column<MeterCoverage>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '설비' : 'machine', text: ({ machine }) => machineName(machine) },
    { title: ko ? '에너지' : 'carrier', text: ({ carrier }) => carrierWords[carrier][lang] },
    { title: ko ? '계량 신호' : 'meter', text: ({ signal }) => signal ?? '-' },
    { title: ko ? '계측됨' : 'read', align: 'right', text: ({ covered }) => percent(covered) },
    {
      title: ko ? '합계만 앎' : 'total only',
      align: 'right',
      text: ({ bridged }) => percent(bridged),
    },
    {
      title: ko ? '모름' : 'not known',
      align: 'right',
      text: ({ covered, bridged }) => percent(Math.max(0, 1 - covered - bridged)),
    },
  ];
}

/** `scope1Kg` and its like in tonnes; null: not measured, or without a factor. */
export function scopeLines({ scope1Kg, scope2Kg }: CarbonMonth, place: Place): string[] {
  const unknown = place.lang === 'ko' ? '계측 또는 계수 없음' : 'not measured, or no factor';
  const tonnes = (kg: number | null): string =>
    kg === null ? unknown : `${(kg / 1000).toFixed(3)} tCO₂eq`;
  return [`Scope 1: ${tonnes(scope1Kg)}`, `Scope 2: ${tonnes(scope2Kg)}`];
}

function carbonLines(carbon: CarbonMonth, place: Place): string[] {
  const late = carbon.rows.filter(({ factorBy }) => factorBy === 'report').length;
  const ko = place.lang === 'ko';
  const said = ko
    ? `배출계수가 없던 기록에는 그날의 계수를 적용했습니다(${late}행)`
    : `records without a factor were given the one of their day (rows: ${late})`;
  return [
    ...tableLines(columns(place), carbon.rows),
    '',
    ...scopeLines(carbon, place),
    '',
    ko ? '한 달 중 계측된 시간' : 'share of the month that was measured',
    ...tableLines(coverageColumns(place), carbon.coverage),
    ...(late > 0 ? [said] : []),
  ];
}

const csvTitles = [
  ...['month', 'machine', 'carrier', 'signal', 'scope', 'amount', 'unit', 'unallocated'],
  ...['carriedIn', 'kgCO2e', 'factor', 'factorUnit', 'factorYear', 'factorFrom', 'factorSource'],
  ...['factorBy', 'records', 'covered', 'bridged', 'undated'],
];

function csvRow({ month: name, coverage }: CarbonMonth, row: CarbonRow): string {
  const { machine, carrier, signal, factor } = row;
  const meter = coverage.find(
    (one) => one.machine === machine && one.carrier === carrier && one.signal === signal,
  );
  return csvLine([
    ...[name, machine, carrier, signal, row.scope, row.amount, row.unit, row.unallocated],
    ...[row.carriedIn, row.co2eKg, factor?.kgPerUnit ?? null, `kg/${row.unit}`],
    ...[factor?.year ?? null, factor?.from ?? null, factor?.source ?? null, row.factorBy],
    ...[row.records, meter?.covered ?? null, meter?.bridged ?? null, meter?.undated ?? null],
  ]);
}

async function run(output: Output, flags: MonthFlags): Promise<void> {
  const place = placeOf(flags);
  const carbon = carbonOf(evidenceOf(place, flags.month), flags);
  if (flags.csv !== undefined) {
    const rows = [csvTitles.join(','), ...carbon.rows.map((row) => csvRow(carbon, row))];
    // Excel takes a file for UTF-8 only when it begins with this mark.
    await writeResult(flags.csv, `\ufeff${rows.join('\r\n')}\r\n`, 'report carbon');
  }
  if (flags.json === true) return output.json(carbon);
  noteUnfinished(output, flags, place);
  if (carbon.rows.length > 0) for (const line of carbonLines(carbon, place)) output.line(line);
  else
    output.note(
      place.lang === 'ko'
        ? '이 달에 전력·연료 기록이 없습니다'
        : 'no records of electricity or fuel in this month',
    );
}

/** `--month`, `--csv` and what every command on records has. */
export function addMonthFlags(command: Command, jsonHelp: string): Command {
  return addStoreFlags(command, jsonHelp)
    .addOption(
      new Option('--month <month>', 'of this month, e.g. 2026-10, local time')
        .argParser(month)
        .makeOptionMandatory(),
    )
    .option('--csv <file>', 'write it to this file too, for spreadsheets');
}

export function addCarbon(report: Command): void {
  const command = report
    .command('carbon')
    .description('greenhouse gas emissions of a month: scope 1 and 2, with their factors');
  addMonthFlags(command, 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('report carbon', run, labelLanguage));
}
