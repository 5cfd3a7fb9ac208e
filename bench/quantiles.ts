/** Quantiles that say when there are too few samples for them. */
import { type Budget, type Figure, figure } from './figure.ts';

const steps = [
  { name: 'p50', share: 0.5, needed: 20 },
  { name: 'p99', share: 0.99, needed: 1000 },
  { name: 'p99.9', share: 0.999, needed: 3000 },
] as const;

export type Step = (typeof steps)[number]['name'] | 'max';
export type Budgets = Partial<Record<Step, Budget>>;

/** The value that `share` of all samples do not exceed; NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  const index = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[index] ?? Number.NaN;
}

/** p50, p99, p99.9 and max of `samples` as figures; those without enough samples are null. */
export function quantileFigures(
  name: string,
  samples: readonly number[],
  unit: string,
  budgets: Budgets = {},
): Figure[] {
  const count = samples.length;
  const rows = steps.map((step) => {
    const enough = count >= step.needed;
    const note = enough ? `${count} samples` : `${count} samples, needs ${step.needed}`;
    return { step: step.name, value: enough ? quantile(samples, step.share) : null, note };
  });
  const max = { step: 'max', value: count > 0 ? quantile(samples, 1) : null, note: '' } as const;
  return [...rows, max].map(({ step, value, note }) => {
    const budget = budgets[step];
    return figure(`${name}, ${step}`, value, unit, {
      note,
      ...(budget === undefined ? {} : { budget }),
    });
  });
}
