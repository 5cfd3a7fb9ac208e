/** A results file of the benchmarks, brought down to what is published of the peers. */
import type { Figure } from '../figure.ts';
import { judge } from '../figure.ts';
import type { BenchResult, Hardware, Results } from '../report.ts';
import { contestants } from './lineup.ts';
import { type Measure, measures } from './measures.ts';

/** ms; null: not measured, or of too few samples. */
export interface Times {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface Row {
  readonly contestant: string;
  /** Why it was not measured, or empty. */
  readonly why: string;
  readonly snapshot: Times;
  readonly block: Times;
  readonly change: Times;
  readonly defects: number | null;
  readonly answered: number | null;
  readonly wrong: number | null;
  /** Of one machine, both ways, a second. */
  readonly bytes: number | null;
  /** % of a core. */
  readonly cpu: number | null;
  readonly pssMiB: number | null;
}

/** A goal of the product, as it came out. */
export interface Goal {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly bound: string;
  readonly result: string;
}

export interface PeersRun {
  readonly name: string;
  readonly failure: string | null;
  readonly load: { readonly before: number; readonly after: number };
  readonly remarks: readonly string[];
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

export interface Published {
  readonly at: string;
  readonly hardware: Hardware;
  readonly runs: readonly PeersRun[];
}

const published = ['peers', 'peers-quiet'];

/** Throws for a file in which no peers were measured. */
export function distill({ at, hardware, benchmarks }: Results): Published {
  const runs = published.flatMap((name) => benchmarks.filter((bench) => bench.name === name));
  if (runs.length === 0) throw new Error('no peers in these results: npm run bench -- peers');
  return { at, hardware, runs: runs.map(runOf) };
}

function runOf({ name, failure, load, remarks, figures }: BenchResult): PeersRun {
  const rows = contestants.map((contestant) => rowOf(contestant.name, figures));
  return { name, failure, load, remarks, rows, goals: figures.flatMap(goalOf) };
}

function rowOf(contestant: string, figures: readonly Figure[]): Row {
  const found = (measure: string): Figure | undefined =>
    figures.find(({ name }) => name === `${contestant}: ${measure}`);
  const value = (measure: Measure): number | null => found(measures[measure])?.value ?? null;
  const times = (measure: Measure): Times => {
    const at = (step: string): number | null =>
      found(`${measures[measure]}, ${step}`)?.value ?? null;
    return { p50: at('p50'), p99: at('p99'), max: at('max') };
  };
  return {
    contestant,
    // A contestant that was not measured has this one figure, with the reason.
    why: found(measures.snapshot)?.note ?? '',
    snapshot: times('snapshot'),
    block: times('block'),
    change: times('change'),
    defects: value('defects'),
    answered: value('answered'),
    wrong: value('wrong'),
    bytes: value('bytes'),
    cpu: value('cpu'),
    pssMiB: value('pss'),
  };
}

function goalOf(figure: Figure): Goal[] {
  const { name, value, unit, budget } = figure;
  if (budget === null) return [];
  const bound = budget.most === undefined ? `≥ ${budget.least}` : `≤ ${budget.most}`;
  return [{ name, value, unit, bound: `${bound} ${unit}`.trim(), result: judge(figure) }];
}
