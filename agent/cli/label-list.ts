/** `ppuri label list`: inspection results that were kept. */
import { type Command, Option } from 'commander';
import type { Cursor } from '../store/cursor.ts';
import type { LabelRow } from '../store/label-queries.ts';
import { labelLanguage } from './label-agent.ts';
import { resultText } from './label-words.ts';
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

interface ListFlags extends StoreFlags {
  readonly machine?: string;
  readonly mold?: string;
  readonly since?: number;
  readonly until?: number;
  readonly all?: boolean;
  readonly limit: number;
  readonly csv?: boolean;
  readonly bom?: boolean;
}

const help = `
The last said come first. Of each part of a shot the newest result is in force; --all shows those it
replaced too. The times are those at which results were given, not those of the shots.

--json prints one object: {"live","labels":[{"boot","seq","machine","mold","shot","cycle":{"boot",
"seq"},"part","result","type","who","from","wallMs","clockSynced","inForce","cycleKept"}]}.`;

const mostAtOnce = 1000;

async function allRows(store: StoreAccess, flags: ListFlags): Promise<LabelRow[]> {
  const { machine, mold, since, until } = flags;
  const rows: LabelRow[] = [];
  let after: Cursor | undefined;
  while (rows.length < flags.limit) {
    const page = await store.ask('labels', {
      ...{ machine, mold, fromWallMs: since, toWallMs: until, after },
      scope: flags.all === true ? 'all' : 'in-force',
      limit: Math.min(mostAtOnce, flags.limit - rows.length),
    });
    rows.push(...page.rows);
    if (page.next === null) break;
    after = page.next;
  }
  return rows;
}

const fromWords = {
  panel: { ko: '화면', en: 'screen' },
  cli: { ko: '명령', en: 'command' },
  import: { ko: '파일', en: 'sheet' },
} as const;

function columnsFor(place: Place): Column<LabelRow>[] {
  const { lang, machineName } = place;
  const ko = lang === 'ko';
  const replaced = ko ? ' (변경됨)' : ' (replaced)';
  return [
    { title: ko ? '등록' : 'given', text: (row) => timeText(row.wallMs, row.clockSynced) },
    { title: ko ? '설비' : 'machine', text: (row) => machineName(row.machine) },
    { title: ko ? '금형' : 'mold', text: ({ mold }) => mold ?? '-' },
    { title: ko ? '샷' : 'shot', align: 'right', text: ({ shot }) => String(shot ?? '-') },
    { title: ko ? '부위' : 'part', text: ({ part }) => (part === '' ? '-' : part) },
    {
      title: ko ? '검사' : 'result',
      text: (row) => `${resultText(row, place)}${row.inForce ? '' : replaced}`,
    },
    { title: ko ? '검사자' : 'by', text: ({ who }) => who },
    { title: ko ? '경로' : 'from', text: ({ from }) => fromWords[from][lang] },
  ];
}

const csvTitles = 'cycleBoot,cycleSeq,machine,mold,shot,part,result,type,who,from,given,inForce';

function csvRow(row: LabelRow): string {
  const { machine, mold, shot, part, result, type, who, from, inForce, cycle } = row;
  const given = new Date(row.wallMs).toISOString();
  return csvLine([
    ...[cycle.boot, cycle.seq, machine, cellText(mold), shot, cellText(part)],
    ...[result, type, cellText(who), from, given, inForce],
  ]);
}

async function run(output: Output, given: ListFlags): Promise<void> {
  const place = placeOf(given);
  await withStore(place, output, async (store) => {
    const flags = await withMachineId(given, store, place, 'list labels');
    const rows = await allRows(store, flags);
    if (flags.json === true) return output.json({ live: store.live, labels: rows });
    if (flags.csv === true) {
      output.line((flags.bom === true ? '\ufeff' : '') + csvTitles);
      for (const row of rows) output.line(csvRow(row));
      return;
    }
    if (rows.length === 0)
      return output.note(place.lang === 'ko' ? '해당하는 검사 결과가 없습니다' : 'no such labels');
    for (const line of tableLines(columnsFor(place), rows)) output.line(line);
  });
}

export function addLabelList(label: Command): void {
  const command = label.command('list').description('inspection results that were kept');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--mold <mold>', 'of this mold only')
    .option('--since <when>', 'given from: 1h, 7d, or a date and time', moment)
    .option('--until <when>', 'given up to: 1h, 7d, or a date and time', moment)
    .option('--all', 'those too that a later one replaced')
    .option('--limit <n>', 'at most so many, or `all`', rowLimit, 50)
    .addOption(new Option('--csv', 'comma-separated, one line a result').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('list labels', run, labelLanguage));
}
