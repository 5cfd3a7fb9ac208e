/** `ppuri report kesg`: what this gateway can show of K-ESG's environment items, and what it cannot. */
import type { Command } from 'commander';
import { usedKWh } from '../carbon/co2e.ts';
import {
  type KesgItem,
  kesgCannot,
  kesgItems,
  type MeasuredUse,
  type Parts,
} from '../carbon/kesg.ts';
import type { Evidence } from '../store/evidence.ts';
import { writeResult } from './backtest-files.ts';
import { labelLanguage } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { addMonthFlags } from './report-carbon.ts';
import { carbonOf, evidenceOf, type MonthFlags, noteUnfinished } from './report-month.ts';
import { type Place, placeOf } from './store-access.ts';
import { type Column, csvLine, tableLines } from './table.ts';
import type { Language } from './words.ts';

const help = `
Each figure says how it was come by, what share of the month is behind it, and of emissions the factor
with its year and source. What is not measured is \`-\`, never 0. Below stands what no machine can tell.

--json prints one object: {"month","items":[{"id","title":{"ko","en"},"value"|null,"unit","basis":
{"ko","en"},"coverage"|null,"factors"}],"cannot":[{"title","why"}]}.

Examples:
  ppuri report kesg -c ppuri.yaml --month 2026-10
  ppuri report kesg -c ppuri.yaml --month 2026-10 --csv kesg-2026-10.csv --lang ko`;

const keyOf = (machine: string, mold: string | null): string => JSON.stringify([machine, mold]);

/** Weight of a shot, kg, by machine and mold, from what the energy records weighed. */
function weightsOf({ energy }: Evidence): ReadonlyMap<string, number> {
  const weighed = new Map<string, { kg: number; shots: number }>();
  for (const { record } of energy)
    for (const { mold, kg, measured, kWh, kWhWeighed } of record.molds) {
      // Only where every measured shot was weighed is it known how many shots the weight is of.
      if (kg === null || measured === 0 || kWhWeighed !== kWh) continue;
      const sum = weighed.get(keyOf(record.machine, mold)) ?? { kg: 0, shots: 0 };
      weighed.set(keyOf(record.machine, mold), { kg: sum.kg + kg, shots: sum.shots + measured });
    }
  return new Map([...weighed].map(([key, { kg, shots }]) => [key, kg / shots]));
}

function partsOf({ shots }: Evidence, weights: ReadonlyMap<string, number>): Parts[] {
  return shots.map(({ verdictDefects: _, ...counts }) => ({
    ...counts,
    kgPerShot: weights.get(keyOf(counts.machine, counts.mold)) ?? null,
  }));
}

/** Of a gap there is a total of energy and no shots: it is in no intensity. */
function usesOf({ energy }: Evidence, weights: ReadonlyMap<string, number>): MeasuredUse[] {
  const uses = new Map<string, MeasuredUse>();
  for (const { record } of energy) {
    const { machine, kind, molds } = record;
    const kWh = usedKWh(record);
    if (kWh === null || kind === 'gap') continue;
    const weight = molds.reduce<number | null>((all, { mold, shots }) => {
      const each = weights.get(keyOf(machine, mold));
      return all === null || each === undefined ? null : all + shots * each;
    }, 0);
    const before = uses.get(machine) ?? { machine, kWh: 0, shots: 0, kg: 0 };
    const kg = before.kg === null || weight === null ? null : before.kg + weight;
    uses.set(machine, { machine, kWh: before.kWh + kWh, shots: before.shots + record.shots, kg });
  }
  return [...uses.values()].sort((a, b) => (a.machine < b.machine ? -1 : 1));
}

function valueText({ value, unit }: KesgItem): string {
  if (value === null) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return `${value.toFixed(digits)} ${unit}`;
}

const coverageText = ({ coverage }: KesgItem): string =>
  coverage === null ? '-' : `${(coverage * 100).toFixed(1)} %`;

function columns(lang: Language): Column<KesgItem>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '항목' : 'item', text: ({ title }) => title[lang] },
    { title: ko ? '값' : 'value', align: 'right', text: valueText },
    { title: ko ? '근거 점유율' : 'coverage', align: 'right', text: coverageText },
    {
      title: ko ? '근거' : 'basis',
      text: ({ basis, factors }) =>
        [basis[lang], ...factors.map((factor) => `${ko ? '계수' : 'factor'} ${factor}`)].join('; '),
    },
  ];
}

function lines(items: readonly KesgItem[], { lang }: Place): string[] {
  const ko = lang === 'ko';
  return [
    ...tableLines(columns(lang), items),
    '',
    ko ? '설비 데이터로 증빙할 수 없는 항목' : 'What machines cannot show',
    ...kesgCannot.map(({ title, why }) => `- ${title[lang]}: ${why[lang]}`),
  ];
}

function csvOf(month: string, items: readonly KesgItem[], lang: Language): string {
  const titles = ['month', 'item', 'title', 'value', 'unit', 'coverage', 'basis', 'factors'];
  const rows = items.map(({ id, title, value, unit, coverage, basis, factors }) =>
    csvLine([month, id, title[lang], value, unit, coverage, basis[lang], factors.join('; ')]),
  );
  const cannot = kesgCannot.map(({ title, why }) =>
    csvLine([month, 'not-evidenced', title[lang], null, null, null, why[lang], null]),
  );
  return `\ufeff${[titles.join(','), ...rows, ...cannot].join('\r\n')}\r\n`;
}

async function run(output: Output, flags: MonthFlags): Promise<void> {
  const place = placeOf(flags);
  const evidence = evidenceOf(place, flags.month);
  const weights = weightsOf(evidence);
  const items = kesgItems({
    month: carbonOf(evidence, flags),
    uses: usesOf(evidence, weights),
    parts: partsOf(evidence, weights),
    heats: evidence.heats.map(({ record }) => record),
  });
  const { name } = flags.month;
  if (flags.csv !== undefined)
    await writeResult(flags.csv, csvOf(name, items, place.lang), 'report kesg');
  if (flags.json === true) return output.json({ month: name, items, cannot: kesgCannot });
  noteUnfinished(output, flags, place);
  for (const line of lines(items, place)) output.line(line);
}

export function addKesg(report: Command): void {
  const command = report
    .command('kesg')
    .description(
      'K-ESG environment items of a month that machines can show, and those they cannot',
    );
  addMonthFlags(command, 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('report K-ESG', run, labelLanguage));
}
