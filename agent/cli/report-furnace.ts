/** `ppuri report furnace`: the heats of a month, with what melting, holding and the lid took. */
import type { Command } from 'commander';
import type { HeatRecord } from '../records.ts';
import type { Kept } from '../store/evidence.ts';
import { writeResult } from './backtest-files.ts';
import { labelLanguage } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { addMonthFlags } from './report-carbon.ts';
import { evidenceOf, type MonthFlags, noteUnfinished } from './report-month.ts';
import { type Place, placeOf } from './store-access.ts';
import { type Column, cellText, csvLine, tableLines } from './table.ts';
import { timeText } from './words.ts';

type Heat = Kept<HeatRecord>;

const help = `
kWh/t is all energy of a heat over what was charged. Excess holding is that beyond neededHoldMinutes of
the configuration; the lid's loss is told once this furnace was held long enough with its lid open and
closed for both to be measured. Of a burner the net heat of its fuel counts as kWh.

--json prints one object: {"month","heats":[{"wallMs","isDated","record":{"machine","heat","heats","alloy",
"minutes","chargedKg","returnKg","pouredKg","charges","chargeC","kWh","kWhPerT","states":{"charge":
{"minutes","kWh"},…},"lidOpenMinutes":{"working","idle"}|null,"excessHold":{"minutes","kWh"}|null,
"lidLossKWh"|null,"gapMinutes"}}]}.

Examples:
  ppuri report furnace -c ppuri.yaml --month 2026-10
  ppuri report furnace -c ppuri.yaml --month 2026-10 --csv heats-2026-10.csv`;

const figure = (value: number | null | undefined, digits = 0): string =>
  value == null ? '-' : value.toFixed(digits);

function columns({ lang, machineName }: Place): Column<Heat>[] {
  const ko = lang === 'ko';
  const right = (title: string, text: (heat: HeatRecord) => string): Column<Heat> => ({
    title,
    align: 'right',
    text: ({ record }) => text(record),
  });
  return [
    { title: ko ? '종료' : 'ended', text: ({ wallMs, isDated }) => timeText(wallMs, isDated) },
    { title: ko ? '설비' : 'machine', text: ({ record }) => machineName(record.machine) },
    right(ko ? '히트' : 'heat', ({ heat }) => figure(heat)),
    right(ko ? '장입 kg' : 'charged kg', ({ chargedKg }) => figure(chargedKg)),
    right('kWh', ({ kWh }) => figure(kWh)),
    right('kWh/t', ({ kWhPerT }) => figure(kWhPerT)),
    right(ko ? '용해 분' : 'melt min', ({ states }) =>
      figure(states.charge.minutes + states.melt.minutes),
    ),
    right(ko ? '보온 분' : 'hold min', ({ states }) => figure(states.hold.minutes)),
    right(ko ? '초과 보온 kWh' : 'excess hold kWh', ({ excessHold }) => figure(excessHold?.kWh, 1)),
    right(ko ? '뚜껑 열림 분' : 'lid open min', ({ lidOpenMinutes }) =>
      figure(lidOpenMinutes?.idle),
    ),
    right(ko ? '뚜껑 손실 kWh' : 'lid loss kWh', ({ lidLossKWh }) => figure(lidLossKWh, 1)),
    right(ko ? '공백 분' : 'gap min', ({ gapMinutes }) => figure(gapMinutes)),
  ];
}

const states = ['charge', 'melt', 'hold', 'pour', 'off', 'unknown'] as const;

const csvTitles = [
  ...['ended', 'clockKnown', 'machine', 'heat', 'alloy', 'minutes', 'chargedKg', 'returnKg'],
  ...['pouredKg', 'charges', 'chargeC', 'kWh', 'kWhPerT'],
  ...states.flatMap((state) => [`${state}Minutes`, `${state}KWh`]),
  ...['lidWorkingMinutes', 'lidIdleMinutes', 'lidLossKWh', 'excessHoldMinutes', 'excessHoldKWh'],
  'gapMinutes',
];

function csvRow({ wallMs, isDated, record }: Heat): string {
  const { lidOpenMinutes: lid, excessHold: excess } = record;
  return csvLine([
    ...[new Date(wallMs).toISOString(), isDated, record.machine, record.heat],
    ...[cellText(record.alloy), record.minutes, record.chargedKg, record.returnKg],
    ...[record.pouredKg, record.charges, record.chargeC, record.kWh, record.kWhPerT],
    ...states.flatMap((state) => [record.states[state].minutes, record.states[state].kWh]),
    ...[lid?.working ?? null, lid?.idle ?? null, record.lidLossKWh],
    ...[excess?.minutes ?? null, excess?.kWh ?? null, record.gapMinutes],
  ]);
}

async function run(output: Output, flags: MonthFlags): Promise<void> {
  const place = placeOf(flags);
  const { heats } = evidenceOf(place, flags.month);
  if (flags.csv !== undefined) {
    const rows = [csvTitles.join(','), ...heats.map(csvRow)];
    await writeResult(flags.csv, `\ufeff${rows.join('\r\n')}\r\n`, 'report furnace');
  }
  if (flags.json === true) return output.json({ month: flags.month.name, heats });
  noteUnfinished(output, flags, place);
  if (heats.length > 0) for (const line of tableLines(columns(place), heats)) output.line(line);
  else output.note(place.lang === 'ko' ? '이 달에 히트 기록이 없습니다' : 'no heats in this month');
}

export function addFurnace(report: Command): void {
  const command = report
    .command('furnace')
    .description('the heats of a month: kWh/t, holding and what it took too long, the lid');
  addMonthFlags(command, 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('report furnace', run, labelLanguage));
}
