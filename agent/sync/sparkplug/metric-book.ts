/** What this edge node may report, by owner: aliases, types, and the values that hosts know. */
import type { DataType, MetricFields, MetricValue, Quality } from './payload.ts';

/** A device id, or null for the node itself. */
export type Owner = string | null;

/** One reported value, before it has an alias. */
export interface Report {
  readonly name: string;
  readonly type: DataType;
  readonly value: MetricValue;
  readonly quality?: Quality;
}

interface Entry {
  readonly alias: number;
  readonly type: DataType;
  value: MetricValue;
  quality: Quality | undefined;
  timestampMs: number;
}

/** Aliases are one numbering for the node and all its devices; this one is not in the book. */
export const bdSeqAlias = 1;

export class MetricBook {
  readonly #owners = new Map<Owner, Map<string, Entry>>();
  #lastAlias = bdSeqAlias;

  /** True when the metric is new: it may be reported only after a birth that has it. */
  declare(owner: Owner, { name, type }: Pick<Report, 'name' | 'type'>, nowMs: number): boolean {
    const entries = this.#owners.get(owner) ?? new Map<string, Entry>();
    this.#owners.set(owner, entries);
    if (entries.has(name)) return false;
    this.#lastAlias += 1;
    const none = { value: null, quality: undefined, timestampMs: nowMs };
    entries.set(name, { alias: this.#lastAlias, type, ...none });
    return true;
  }

  /** All metrics of an owner with their current values, as a birth has them. */
  birth(owner: Owner, options: { readonly stale: boolean }): MetricFields[] {
    return [...(this.#owners.get(owner) ?? [])].map(([name, entry]) => {
      const quality = options.stale ? 'stale' : entry.quality;
      const { alias, type, value, timestampMs } = entry;
      return { name, alias, type, value, timestampMs, ...(quality ? { quality } : {}) };
    });
  }

  /** Of `reports`, those that differ from what hosts know; they know them from now on. */
  changes(owner: Owner, reports: readonly Report[], timestampMs: number): MetricFields[] {
    return reports.flatMap((report) => {
      const entry = this.#entry(owner, report.name);
      const { value, quality } = report;
      if (entry.value === value && entry.quality === quality) return [];
      Object.assign(entry, { value, quality, timestampMs });
      return [{ alias: entry.alias, ...fields(report, entry.type, timestampMs) }];
    });
  }

  /** All of `reports` as values of the past, which change nothing that hosts take for current. */
  past(owner: Owner, reports: readonly Report[], timestampMs: number): MetricFields[] {
    return reports.map((report) => {
      const { alias, type } = this.#entry(owner, report.name);
      return { alias, ...fields(report, type, timestampMs), historical: true };
    });
  }

  #entry(owner: Owner, name: string): Entry {
    const entry = this.#owners.get(owner)?.get(name);
    if (entry === undefined) throw new Error(`${owner ?? 'the node'} has no metric ${name}`);
    return entry;
  }
}

function fields(report: Report, type: DataType, timestampMs: number): MetricFields {
  const { value, quality } = report;
  return { type, value, timestampMs, ...(quality === undefined ? {} : { quality }) };
}
