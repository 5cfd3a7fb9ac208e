/** One family of metrics, as Prometheus knows it. */

export type Labels = Readonly<Record<string, string | number>>;

export interface Metric {
  readonly name: string;
  /** `summary`: quantiles only; its sum and count are not known. */
  readonly kind: 'gauge' | 'counter' | 'summary';
  readonly help: string;
  readonly samples: readonly (readonly [Labels, number | null])[];
}

/** `name`: without `ppuri_`. */
export const gauge = (name: string, help: string, samples: Metric['samples']): Metric => ({
  ...{ name: `ppuri_${name}`, kind: 'gauge', help, samples },
});

export const counter = (name: string, help: string, samples: Metric['samples']): Metric => ({
  ...{ name: `ppuri_${name}`, kind: 'counter', help, samples },
});
