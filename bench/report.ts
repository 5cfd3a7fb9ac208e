/** Results as a table for people and as JSON for programs. */
import { cpus, release, totalmem } from 'node:os';
import { schedulingOf } from '../agent/bench/proc.ts';
import { type Budget, type Figure, judge, type Outcome } from './figure.ts';

export interface Hardware {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  /** `normal`, or `real-time` where the benchmarks were put before all else (`chrt -r 10`). */
  readonly scheduling: string;
}

export interface BenchResult extends Outcome {
  readonly name: string;
  readonly title: string;
  /** Why it could not run, or null. */
  readonly failure: string | null;
  readonly tookSeconds: number;
  /** Load average over a minute: what else the machine was doing. */
  readonly load: { readonly before: number; readonly after: number };
}

export interface Results {
  readonly at: string;
  readonly hardware: Hardware;
  readonly benchmarks: readonly BenchResult[];
}

export function hardware(): Hardware {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    arch: process.arch,
    node: process.version,
    scheduling: schedulingOf(process.pid),
  };
}

export function printResult(result: BenchResult): void {
  const { title, failure, figures, remarks, load, tookSeconds } = result;
  console.log(`\n${result.name}: ${title}`);
  if (failure !== null) console.log(`  could not run: ${failure}`);
  const rows = figures.map((each) => [
    each.name,
    valueText(each),
    budgetText(each.budget, each.unit),
    judge(each),
    each.note,
  ]);
  for (const line of columns(rows)) console.log(`  ${line}`);
  for (const remark of remarks) console.log(`  ${remark}`);
  const loads = `${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after`;
  console.log(`  took ${tookSeconds} s; load average ${loads}, of ${cpus().length} cores`);
}

function valueText({ value, unit }: Figure): string {
  return value === null || !Number.isFinite(value) ? '–' : `${digits(value)} ${unit}`.trim();
}

function digits(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

function budgetText(budget: Budget | null, unit: string): string {
  if (budget === null) return '';
  const bound = budget.most === undefined ? `≥ ${budget.least}` : `≤ ${budget.most}`;
  return `${bound} ${unit}`.trim();
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
