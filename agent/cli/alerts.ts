/** `ppuri alerts`: what operators were, or are being, told. */
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import type { Severity } from '../records.ts';
import { type AlertRow, severities } from '../store/alert-queries.ts';
import { severityWords } from '../words.ts';
import { handlingText, stateText } from './alert-words.ts';
import { addAlertHandling } from './alerts-handle.ts';
import { addAlertHistory } from './alerts-history.ts';
import { labelLanguage } from './label-agent.ts';
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
import { type Column, csvLine, tableLines } from './table.ts';
import { type Language, timeText } from './words.ts';

interface AlertFlags extends StoreFlags {
  readonly all?: boolean;
  readonly machine?: string;
  readonly severity?: Severity;
  readonly cause?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly csv?: boolean;
  readonly bom?: boolean;
}

const help = `
Without --all: the alerts that stand now (or stood when the agent stopped, and it says so). The last
changed come first. A time before which ~ stands was taken while the clock was not set. \`ack\`,
\`shelve\` and the others take the id of the first column.

--json prints one object: {"live":true,"alerts":[{"boot","seq","id","state","current","machine",
"mold","severity","cause","text":{"ko","en"},"shots":{"from","to"}|null,"count","deviations",
"handling":{"acknowledged","shelved","falseAlarm",…},"raisedWallMs","updatedWallMs","clearedWallMs",
"clockSynced"}]}; live: a running agent answered.

Examples:
  ppuri alerts -c ppuri.yaml
  ppuri alerts -c ppuri.yaml --all --since 24h --machine dc-03
  ppuri alerts --store /var/lib/ppuri --all --csv --bom > alerts.csv
  ppuri alerts ack 3f2a9c01 -c ppuri.yaml
  ppuri alerts shelve 3f2a9c01 --for 30m --reason "금형 교체" -c ppuri.yaml
  ppuri alerts history 3f2a9c01 -c ppuri.yaml`;

const mostAlerts = 1000;

const colors = { stop: 'red', warning: 'red', caution: 'yellow', info: 'cyan' } as const;

function shotsText({ shots }: AlertRow): string {
  if (shots === null) return '-';
  return shots.from === shots.to ? String(shots.from) : `${shots.from}~${shots.to}`;
}

function columnsFor(
  { lang, machineName }: Place,
  live: boolean,
  color: boolean,
): Column<AlertRow>[] {
  const ko = lang === 'ko';
  return [
    { title: 'id', text: ({ id }) => id },
    { title: ko ? '시각' : 'time', text: (row) => timeText(row.updatedWallMs, row.clockSynced) },
    { title: ko ? '상태' : 'state', text: (row) => stateText(row, live, lang) },
    {
      title: ko ? '등급' : 'severity',
      text: (row) => severityWords[row.severity][lang],
      paint: (text, row) =>
        color ? styleText(colors[row.severity], text, { validateStream: false }) : text,
    },
    { title: ko ? '설비' : 'machine', text: (row) => machineName(row.machine) },
    { title: ko ? '선별 샷' : 'shots', text: shotsText },
    { title: ko ? '조치' : 'handled', text: (row) => handlingText(row, live, lang) },
    { title: ko ? '내용' : 'what', text: (row) => row.text[lang] },
  ];
}

const csvTitles =
  'boot,id,state,machine,mold,severity,cause,raised,updated,cleared,fromShot,toShot,count,ko,en,clockSynced';

function csvRow(row: AlertRow): string {
  const time = (wallMs: number | null): string | null =>
    wallMs === null ? null : new Date(wallMs).toISOString();
  const { boot, id, state, machine, mold, severity, cause, shots, count, text, clockSynced } = row;
  return csvLine([
    ...[boot, id, state, machine, mold, severity, cause],
    ...[time(row.raisedWallMs), time(row.updatedWallMs), time(row.clearedWallMs)],
    ...[shots?.from ?? null, shots?.to ?? null, count, text.ko, text.en, clockSynced],
  ]);
}

const stoppedNote: Readonly<Record<Language, string>> = {
  ko: '에이전트가 실행 중이 아닙니다. 마지막으로 저장된 알림이며, 지금 상태가 아닙니다',
  en: 'no agent answers: these are the alerts as they were last kept, not how things are now',
};

interface Answer {
  readonly live: boolean;
  readonly rows: readonly AlertRow[];
}

function print(output: Output, place: Place, flags: AlertFlags, { live, rows }: Answer): void {
  if (flags.csv === true) {
    output.line((flags.bom === true ? '\ufeff' : '') + csvTitles);
    for (const row of rows) output.line(csvRow(row));
    return;
  }
  if (rows.length === 0) {
    output.note(place.lang === 'ko' ? '해당하는 알림이 없습니다' : 'no such alerts');
    return;
  }
  for (const line of tableLines(columnsFor(place, live, output.color), rows)) output.line(line);
}

async function run(output: Output, given: AlertFlags): Promise<void> {
  const place = placeOf(given);
  await withStore(place, output, async (store) => {
    const flags = await withMachineId(given, store, place, 'list alerts');
    const { machine, severity, cause } = flags;
    const rows = await store.ask('alerts', {
      ...{ machine, severity, cause, fromWallMs: flags.since, toWallMs: flags.until },
      scope: flags.all === true ? 'all' : 'current',
      limit: Math.min(mostAlerts, flags.limit),
    });
    if (flags.json === true) output.json({ live: store.live, alerts: rows });
    else {
      if (!store.live && flags.csv !== true) output.note(stoppedNote[place.lang]);
      print(output, place, flags, { live: store.live, rows });
    }
  });
}

export function addAlerts(program: Command): void {
  const command = program.command('alerts').description('alerts that stand, or all that were');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--all', 'cleared ones and those of earlier starts too')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .addOption(new Option('--severity <severity>', 'of this severity only').choices(severities))
    .option('--cause <cause>', 'with this cause, e.g. shrinkage')
    .option('--since <when>', 'changed from: 1h, 7d, or a date and time', moment)
    .option('--until <when>', 'changed up to: 1h, 7d, or a date and time', moment)
    .option('--limit <n>', `at most so many (up to ${mostAlerts})`, rowLimit, 50)
    .addOption(new Option('--csv', 'comma-separated, one line an alert').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('list alerts', run, labelLanguage));
  addAlertHandling(command);
  addAlertHistory(command);
}
