/** The published tables: what README shows between its `peers` markers. */
import { names } from './measures.ts';
import type { Goal, PeersRun, Published, Row } from './rows.ts';

type Column = readonly [title: string, value: (row: Row) => number | null];

const answered = ({ answered, defects }: Row): string =>
  defects === null ? '–' : `${answered} / ${defects}`;

const costs: readonly Column[] = [
  ['CPU, % of a core', ({ cpu }) => cpu],
  ['PSS, MiB', ({ pssMiB }) => pssMiB],
];

export function tablesOf({ at, hardware, runs }: Published): string {
  const { cores, cpu, kernel, node, scheduling } = hardware;
  const machine = `${at.slice(0, 10)}, ${cores} × ${cpu}, Linux ${kernel}, Node ${node}, ${scheduling} scheduling.`;
  return ['', `${machine} **Bold**: best of its column.`, '', ...runs.flatMap(runOf)].join('\n');
}

function runOf(run: PeersRun): string[] {
  const { name, rows, goals, load } = run;
  const floor = name === 'peers' ? '설비 10대 / Ten machines' : '설비 1대 / One machine';
  const loads = `load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`;
  const measured = rows.filter(({ why }) => why === '');
  const missing = rows.filter(({ why }) => why !== '');
  return [
    `#### ${floor}`,
    '',
    `${loads}.`,
    '',
    '같은 100 ms 블록 폴링, 마지막 스냅샷 바이트 → 배출 신호 쓰기 / Same 100 ms poll of the block, last snapshot byte → reject write (*from the block*: from the first reply that held the shot, which only for the agent’s second look at the counter is another):',
    '',
    ...samePlan(measured.filter(({ contestant }) => contestant !== names.own)),
    '',
    '타수 변화 → 배출 신호 쓰기, ppuri는 기본 폴링 / Counter change → reject write, ppuri with its default polls:',
    '',
    ...ownPlan(
      measured.filter(
        ({ contestant }) => contestant !== names.ownBlock && contestant !== names.ownCounter,
      ),
    ),
    '',
    ...missing.map(({ contestant, why }) => `- ${contestant}: not measured, ${firstLine(why)}`),
    ...(missing.length > 0 ? [''] : []),
    ...goalTable(goals),
    '',
  ];
}

function samePlan(rows: readonly Row[]): string[] {
  const own = rows.find(({ contestant }) => contestant === names.ownBlock);
  const against = (row: Row): number | null => ratio(row.snapshot.p99, own?.snapshot.p99 ?? null);
  const columns: Column[] = [
    ['p50, ms', ({ snapshot }) => snapshot.p50],
    ['p99, ms', ({ snapshot }) => snapshot.p99],
    ['max, ms', ({ snapshot }) => snapshot.max],
    ['from the block: p50, ms', ({ block }) => block.p50],
    ['p99, ms', ({ block }) => block.p99],
    [`p99 against ${names.ownBlock}, ×`, against],
    ...costs,
  ];
  return table(rows, columns);
}

function ownPlan(rows: readonly Row[]): string[] {
  const poll = rows.find(({ contestant }) => contestant === names.c);
  const columns: Column[] = [
    ['p50, ms', ({ change }) => change.p50],
    ['p99, ms', ({ change }) => change.p99],
    ['bytes per machine, B/s', ({ bytes }) => bytes],
    ['bytes against the C loop, ×', ({ bytes }) => ratio(bytes, poll?.bytes ?? null)],
    ...costs,
  ];
  return table(rows, columns);
}

function ratio(value: number | null, against: number | null): number | null {
  return value === null || against === null ? null : value / against;
}

function table(rows: readonly Row[], columns: readonly Column[]): string[] {
  const titles = [
    '',
    ...columns.map(([title]) => title),
    'defects answered',
    'good shots rejected',
  ];
  const best = columns.map(([, value]) => leastOf(rows.map(value)));
  const body = rows.map((row) => [
    row.contestant,
    ...columns.map(([, value], i) => cell(value(row), best[i] ?? null)),
    answered(row),
    `${row.wrong ?? '–'}`,
  ]);
  return [titles, titles.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
}

function leastOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function cell(value: number | null, best: number | null): string {
  if (value === null) return '–';
  return value === best ? `**${shown(value)}**` : shown(value);
}

/** Three digits, never in powers of ten. */
export function shown(value: number): string {
  if (Math.abs(value) >= 100) return `${Math.round(value)}`;
  return `${Number(value.toPrecision(3))}`;
}

function goalTable(goals: readonly Goal[]): string[] {
  const rows = goals.map(({ name, value, unit, bound, result }) => {
    const measured = value === null ? '–' : `${shown(value)} ${unit}`;
    return `| ${name} | ${bound} | ${measured} | ${result} |`;
  });
  return ['| goal | bound | measured | |', '| --- | --- | --- | --- |', ...rows];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
