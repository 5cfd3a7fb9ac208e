/** `ppuri cycles`: the shots that were kept, with their verdicts. */
import { styleText } from 'node:util';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Reading } from '../records.ts';
import {
  type Cursor,
  type CyclePageRequest,
  type CycleRow,
  outcomes,
} from '../store/cycle-queries.ts';
import { outcomeWords, whyText } from '../words.ts';
import { labelLanguage } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { action, type Output } from './output.ts';
import {
  addStoreFlags,
  moment,
  type Place,
  placeOf,
  rowLimit,
  type StoreAccess,
  type StoreFlags,
  withStore,
} from './store-access.ts';
import { type Column, cellText, csvLine, tableLines } from './table.ts';
import { timeText } from './words.ts';

interface CycleFlags extends StoreFlags {
  readonly machine?: string;
  readonly mold?: string;
  readonly outcome?: CycleRow['outcome'];
  readonly reason?: string;
  readonly boot?: string;
  readonly since?: number;
  readonly until?: number;
  readonly shots?: readonly [number, number];
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly features?: boolean;
  readonly csv?: boolean;
  readonly bom?: boolean;
}

const help = `
The order is that in which shots were kept (start of the agent, then number), never that of the
wall clock; a time before which ~ stands was taken while the clock was not set.

--json prints one object: {"live":true,"cycles":[{"boot","seq","machine","profile","mold","shot",
"index","observed","suppressed","wallMs","clockSynced","outcome","reason","detail","judge",
"probability","threshold","estimate":{"kind","value","low","high","unit","title","decimals"}|null,
"model":{"name","version","hash"}|null,"flags"}]}; live: a running agent answered. estimate: of a model
that gives a score or a value and no probability. --features adds "features" and "readings" (value, quality, at, note by name; text instead
of a value where a signal is one, e.g. a lot number). In a CSV it adds columns of features and texts;
a text that begins like a formula has ' before it.

Examples:
  ppuri cycles -c ppuri.yaml --machine dc-03 --since 1h
  ppuri cycles --store /var/lib/ppuri --outcome defect --limit 200
  ppuri cycles -c ppuri.yaml --machine dc-03 --shots 1204..1223
  ppuri cycles -c ppuri.yaml --since 7d --csv --features --bom --limit all > shots.csv`;

function shotRange(text: string): readonly [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match !== null && from <= to) return [from, to];
  throw new InvalidArgumentError('give shot numbers such as 1204 or 1204..1223');
}

function requestOf(flags: CycleFlags): CyclePageRequest {
  const { machine, mold, outcome, reason, boot, order } = flags;
  return {
    ...{ machine, mold, outcome, reason, boot, order },
    fromWallMs: flags.since,
    toWallMs: flags.until,
    fromShot: flags.shots?.[0],
    toShot: flags.shots?.[1],
    detail: flags.features === true ? 'features' : 'row',
  };
}

const pageRows = 500;

/** Page by page, so that neither side ever holds or computes more than one. */
async function* pages(store: StoreAccess, flags: CycleFlags): AsyncGenerator<readonly CycleRow[]> {
  const request = requestOf(flags);
  let left = flags.limit;
  let after: Cursor | null | undefined;
  while (left > 0 && after !== null) {
    const limit = Math.min(pageRows, left);
    const page = await store.ask('cycles', { ...request, limit, after });
    yield page.rows;
    left -= page.rows.length;
    after = page.next;
  }
}

async function allRows(store: StoreAccess, flags: CycleFlags): Promise<CycleRow[]> {
  const rows: CycleRow[] = [];
  for await (const page of pages(store, flags)) rows.push(...page);
  return rows;
}

const percent = (value: number | null): string =>
  value === null ? '-' : `${(value * 100).toFixed(1)} %`;

const colors = { ok: 'green', defect: 'red', unscored: 'yellow' } as const;

function columnsFor({ lang, machineName, profileOf }: Place, color: boolean): Column<CycleRow>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '시각' : 'time', text: (row) => timeText(row.wallMs, row.clockSynced) },
    { title: ko ? '설비' : 'machine', text: (row) => machineName(row.machine) },
    { title: ko ? '금형' : 'mold', text: (row) => row.mold ?? '-' },
    { title: ko ? '샷' : 'shot', align: 'right', text: (row) => String(row.shot ?? row.index) },
    {
      title: ko ? '판정' : 'verdict',
      text: (row) => outcomeWords[row.outcome][lang],
      paint: (text, row) =>
        color ? styleText(colors[row.outcome], text, { validateStream: false }) : text,
    },
    {
      title: ko ? '불량확률' : 'p(defect)',
      align: 'right',
      text: (row) => percent(row.probability),
    },
    { title: ko ? '기준' : 'threshold', align: 'right', text: (row) => percent(row.threshold) },
    {
      title: ko ? '사유' : 'reason',
      text: (row) => whyText(row, profileOf(row.machine, row.profile), lang),
    },
  ];
}

const csvColumns: readonly (readonly [
  string,
  (row: CycleRow) => string | number | boolean | null,
])[] = [
  ['boot', (row) => row.boot],
  ['seq', (row) => row.seq],
  ['time', (row) => new Date(row.wallMs).toISOString()],
  ['clockSynced', (row) => row.clockSynced],
  ['machine', (row) => row.machine],
  ['profile', (row) => row.profile],
  ['mold', (row) => row.mold],
  ['shot', (row) => row.shot],
  ['index', (row) => row.index],
  ['observed', (row) => row.observed],
  ['suppressed', (row) => row.suppressed],
  ['outcome', (row) => row.outcome],
  ['reason', (row) => row.reason],
  ['detail', (row) => row.detail],
  ['judge', (row) => row.judge],
  ['probability', (row) => row.probability],
  ['threshold', (row) => row.threshold],
  ['model', (row) => row.model?.name ?? null],
  ['modelVersion', (row) => row.model?.version ?? null],
  ['modelHash', (row) => row.model?.hash ?? null],
  ['flags', (row) => row.flags.join(' ')],
  ['estimate', (row) => row.estimate?.value ?? null],
  ['estimateLow', (row) => row.estimate?.low ?? null],
  ['estimateHigh', (row) => row.estimate?.high ?? null],
  ['estimateUnit', (row) => row.estimate?.unit ?? null],
];

/** Machines differ in their features and texts: a first pass finds all the columns. */
async function detailNames(store: StoreAccess, flags: CycleFlags): Promise<string[]> {
  const names = new Set<string>();
  if (flags.features !== true) return [];
  for await (const page of pages(store, flags))
    for (const { features, readings } of page) {
      for (const name of Object.keys(features ?? {})) names.add(name);
      for (const [name, { text }] of Object.entries(readings ?? {}))
        if (text !== undefined) names.add(name);
    }
  return [...names].sort();
}

/** A feature, or a text that came with the shot. */
function detailOf({ features, readings }: CycleRow, name: string): string | number | null {
  const feature: Reading | undefined = features?.[name];
  if (feature !== undefined) return feature.value;
  return cellText(readings?.[name]?.text ?? null);
}

async function printCsv(output: Output, store: StoreAccess, flags: CycleFlags): Promise<void> {
  const names = await detailNames(store, flags);
  const titles = [...csvColumns.map(([title]) => title), ...names];
  // Excel takes a file for UTF-8 only when it begins with this mark.
  output.line((flags.bom === true ? '\ufeff' : '') + csvLine(titles));
  for await (const page of pages(store, flags))
    for (const row of page)
      output.line(
        csvLine([
          ...csvColumns.map(([, cell]) => cell(row)),
          ...names.map((name) => detailOf(row, name)),
        ]),
      );
}

async function run(output: Output, given: CycleFlags): Promise<void> {
  const place = placeOf(given);
  await withStore(place, output, async (store) => {
    const flags = await withMachineId(given, store, place, 'list cycles');
    if (flags.csv === true) return printCsv(output, store, flags);
    const rows = await allRows(store, flags);
    if (flags.json === true) return output.json({ live: store.live, cycles: rows });
    if (rows.length === 0)
      return output.note(place.lang === 'ko' ? '해당하는 샷이 없습니다' : 'no such shots');
    for (const line of tableLines(columnsFor(place, output.color), rows)) output.line(line);
  });
}

export function addCycles(program: Command): void {
  const command = program.command('cycles').description('kept shots and their verdicts');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--mold <mold>', 'of this mold only')
    .addOption(new Option('--outcome <outcome>', 'with this verdict').choices(outcomes))
    .option('--reason <reason>', 'with this reason, e.g. warm-up')
    .option('--boot <id>', 'of one start of the agent; `last`: the newest')
    .option('--since <when>', 'from: 1h, 7d, or a date and time', moment)
    .option('--until <when>', 'up to: 1h, 7d, or a date and time', moment)
    .option('--shots <from..to>', 'by the machine’s own counter', shotRange)
    .addOption(
      new Option('--order <order>', 'which come first')
        .choices(['newest', 'oldest'])
        .default('newest'),
    )
    .option('--limit <n>', 'at most so many, or `all`', rowLimit, 50)
    .option('--features', 'with --csv or --json: the features too')
    .addOption(new Option('--csv', 'comma-separated, one line a shot').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('list cycles', run, labelLanguage));
}
