/** `ppuri stops`: when machines stood, and why. */
import { type Command, Option } from 'commander';
import { parseConfig } from '../../config/load.ts';
import { productionSchema, type ReasonConfig } from '../../config/production-schema.ts';
import type { StopKind, StopRow } from '../records.ts';
import { askAgent } from './alerts-handle.ts';
import { labelLanguage, thisUser } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { action, type Output } from './output.ts';
import {
  addStoreFlags,
  moment,
  type Place,
  placeOf,
  rowLimit,
  type StoreFlags,
  withStore,
} from './store-access.ts';
import { type Column, cellText, csvLine, tableLines } from './table.ts';
import { type Language, spanText, timeText } from './words.ts';

interface ListFlags extends StoreFlags {
  readonly machine?: string;
  readonly since?: number;
  readonly until?: number;
  readonly unexplained?: boolean;
  readonly limit: number;
  readonly csv?: boolean;
  readonly bom?: boolean;
}

interface ReasonFlags extends StoreFlags {
  readonly by?: string;
  readonly note?: string;
}

const mostStops = 1000;

const help = `
A stop lasts from the last shot to one usual cycle before the next. Shorter ones than \`microStopS\` are
micro-stops. Unknown: the machine did not answer, or how long its cycles take was not known yet; whoever
knows why may say so, and it counts as a stop. The last come first; a time with ~ was taken while the
clock was not set.

--json prints one object: {"stops":[{"boot","id","machine","mold","kind":"stop"|"micro"|"unknown",
"state":"open"|"ended","beginWallMs","endWallMs","durationMs","usualMs","continues","clockSynced",
"reason":{"code","note","who","wallMs","inherited"}|null}]}.

Examples:
  ppuri stops -c ppuri.yaml --unexplained
  ppuri stops list --since 24h --csv -c ppuri.yaml
  ppuri stops reason 3f2a9c01-12 mold-change -c ppuri.yaml`;

const reasonHelp = `
ID is that of \`ppuri stops\`, CODE one of \`production.reasons\`: mold-change, material, breakdown, quality,
cleaning, rest, planned, other, if the plant has none of its own. It may come late, and a later one takes
the place of an earlier one; both are kept, with who said it. The running agent keeps it.

--json prints one object: {"stop","machine","code","note","before"}; before: the reason until now.

Examples:
  ppuri stops reason 3f2a9c01-12 material -c ppuri.yaml --note "잉곳 입고 지연"`;

const kindWords: Readonly<Record<StopKind, Readonly<Record<Language, string>>>> = {
  stop: { ko: '비가동', en: 'stop' },
  micro: { ko: '순간정지', en: 'micro-stop' },
  unknown: { ko: '알 수 없음', en: 'unknown' },
};

/** Those of the configuration; without one, or with one that has errors, the usual ones. */
function reasonsOf({ config }: StoreFlags): readonly ReasonConfig[] {
  const parsed = config === undefined ? undefined : parseConfig(config).config;
  return (parsed?.production ?? productionSchema.parse({})).reasons;
}

function reasonText(
  { kind, reason }: StopRow,
  reasons: readonly ReasonConfig[],
  lang: Language,
): string {
  if (reason === null) return kind === 'stop' ? (lang === 'ko' ? '사유 미입력' : 'no reason') : '-';
  const { code, note, who } = reason;
  const name = reasons.find((one) => one.code === code)?.[lang] ?? code;
  return `${name}${note === null ? '' : ` (${note})`} - ${who}`;
}

function columnsFor(
  { lang, machineName }: Place,
  reasons: readonly ReasonConfig[],
): Column<StopRow>[] {
  const ko = lang === 'ko';
  return [
    { title: 'id', text: ({ id }) => id },
    { title: ko ? '설비' : 'machine', text: ({ machine }) => machineName(machine) },
    { title: ko ? '금형' : 'mold', text: ({ mold }) => mold ?? '-' },
    { title: ko ? '시작' : 'begin', text: (row) => timeText(row.beginWallMs, row.clockSynced) },
    {
      title: ko ? '시간' : 'for',
      align: 'right',
      text: ({ durationMs, state }) =>
        `${spanText(durationMs, lang)}${state === 'open' ? (ko ? ' (계속)' : ' (goes on)') : ''}`,
    },
    { title: ko ? '구분' : 'kind', text: ({ kind }) => kindWords[kind][lang] },
    { title: ko ? '사유' : 'reason', text: (row) => reasonText(row, reasons, lang) },
  ];
}

const csvTitles =
  'id,machine,mold,kind,state,begin,end,durationS,usualCycleS,reason,note,who,said,clockSynced';

function csvRow(row: StopRow): string {
  const { reason } = row;
  const time = (wallMs: number): string => new Date(wallMs).toISOString();
  return csvLine([
    ...[row.id, cellText(row.machine), cellText(row.mold), row.kind, row.state],
    ...[time(row.beginWallMs), time(row.endWallMs), row.durationMs / 1000],
    row.usualMs === null ? null : row.usualMs / 1000,
    ...[reason?.code ?? null, cellText(reason?.note ?? null), cellText(reason?.who ?? null)],
    ...[reason === null ? null : time(reason.wallMs), row.clockSynced],
  ]);
}

async function list(output: Output, given: ListFlags): Promise<void> {
  const place = placeOf(given);
  await withStore(place, output, async (store) => {
    const flags = await withMachineId(given, store, place, 'list stops');
    const rows = await store.ask('stops', {
      ...{ machine: flags.machine, fromWallMs: flags.since, toWallMs: flags.until },
      scope: flags.unexplained === true ? 'unexplained' : 'all',
      limit: Math.min(mostStops, flags.limit),
    });
    if (flags.json === true) output.json({ stops: rows });
    else if (flags.csv === true) {
      output.line((flags.bom === true ? '\ufeff' : '') + csvTitles);
      for (const row of rows) output.line(csvRow(row));
    } else if (rows.length === 0)
      output.note(place.lang === 'ko' ? '해당하는 비가동이 없습니다' : 'no such stops');
    else
      for (const line of tableLines(columnsFor(place, reasonsOf(flags)), rows)) output.line(line);
  });
}

async function giveReason(
  output: Output,
  stop: string,
  code: string,
  flags: ReasonFlags,
): Promise<void> {
  const who = flags.by ?? thisUser();
  const asked = { id: stop, code, note: flags.note ?? null, who, from: 'cli' };
  const { result, lang } = await askAgent(flags, 'stop-reason', asked);
  if (flags.json === true) return output.json(result);
  output.line(lang === 'ko' ? '비가동 사유를 기록했습니다' : 'the reason is kept');
}

export function addStops(program: Command): void {
  const stops = program
    .command('stops')
    .description('when machines stood, and why')
    .enablePositionalOptions();
  const listing = stops
    .command('list', { isDefault: true })
    .description('stops, micro-stops and unknown times; this is what `ppuri stops` alone does');
  addStoreFlags(listing, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--since <when>', 'that lasted after: 24h, or a date and time', moment)
    .option('--until <when>', 'that began before: 1h, or a date and time', moment)
    .option('--unexplained', 'stops that nobody gave a reason for')
    .option('--limit <n>', `at most so many (up to ${mostStops})`, rowLimit, 50)
    .addOption(new Option('--csv', 'comma-separated, one line a stop').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('list stops', list, labelLanguage));
  const reason = stops
    .command('reason')
    .argument('<id>', 'the stop')
    .argument('<code>', 'the reason')
    .description('say why a machine stood');
  addStoreFlags(reason, 'one JSON object, described below')
    .option('--note <text>', 'more on it, for who reads it later')
    .option('--by <name>', 'who says so (default: this user)')
    .addHelpText('after', reasonHelp)
    .action(action('give a reason', giveReason, (_id, _code, flags) => labelLanguage(flags)));
}
