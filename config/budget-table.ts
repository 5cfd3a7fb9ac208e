/** The README's table of budgets, from what was measured: `bench/baseline.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const baselineSchema = z.object({
  at: z.string(),
  hardware: z.object({ cpu: z.string(), cores: z.number(), kernel: z.string(), node: z.string() }),
  figures: z.array(
    z.object({
      benchmark: z.string(),
      name: z.string(),
      value: z.number().nullable(),
      unit: z.string(),
      budget: z.object({ most: z.number().optional(), least: z.number().optional() }),
      ratio: z.number().nullable(),
      note: z.string(),
      load: z.number(),
    }),
  ),
});

type Measured = z.output<typeof baselineSchema>['figures'][number];

const number = (value: number): string =>
  Math.abs(value) >= 1000 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3);

function rowOf({ benchmark, name, value, unit, budget, ratio, note, load }: Measured): string {
  const bound =
    budget.most === undefined ? `≥ ${number(budget.least ?? 0)}` : `≤ ${number(budget.most)}`;
  const measured = value === null ? `not measured: ${note}` : `${number(value)} ${unit}`.trim();
  const kept = ratio === null ? '–' : ratio <= 1 ? 'kept' : '**missed**';
  const cells = [
    `\`${benchmark}\` ${name}`,
    `${bound} ${unit}`.trim(),
    measured,
    kept,
    load.toFixed(1),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** `directory`: the checkout. */
export function budgetTable(directory: string): string {
  const text = readFileSync(join(directory, 'bench', 'baseline.json'), 'utf8');
  const { at, hardware, figures } = baselineSchema.parse(JSON.parse(text));
  const { cpu, cores, kernel, node } = hardware;
  return [
    `Measured ${at.slice(0, 10)} on ${cores} cores of ${cpu}, Linux ${kernel}, Node ${node}. \`load\` is what else ran`,
    'there: the load average of the minute before.',
    '',
    '| figure | budget | measured | | load |',
    '| --- | --- | --- | --- | --- |',
    ...figures.map(rowOf),
  ].join('\n');
}
