/** A report as sheets of rows, in both languages: a terminal and a page print the same figures. */
import type { Interval } from '../../models/auc-interval.ts';
import type { SharedOut } from '../../models/share.ts';
import type { Text } from '../records.ts';

/** The same in both languages where it is plain text. */
export type Cell = string | Text;

export interface SheetColumn {
  readonly title: Text;
  readonly align: 'left' | 'right';
}

export interface Sheet {
  readonly title: Text;
  /** Absent: names and values, without titles. */
  readonly columns: readonly SheetColumn[] | null;
  readonly rows: readonly (readonly Cell[])[];
  /** What the figures are and are not. */
  readonly notes: readonly Text[];
}

export const both = (ko: string, en: string): Text => ({ ko, en });
export const left = (ko: string, en: string): SheetColumn => ({ title: { ko, en }, align: 'left' });
export const right = (ko: string, en: string): SheetColumn => ({
  title: { ko, en },
  align: 'right',
});

export function cellIn(cell: Cell, lang: 'ko' | 'en'): string {
  return typeof cell === 'string' ? cell : cell[lang];
}

/** Nothing is known. */
export const unknown = '-';

export const count = (value: number): string => String(value);

/** `91.04 %`. */
export function percent(value: number | null, digits = 1): string {
  return value === null ? unknown : `${(value * 100).toFixed(digits)} %`;
}

/** `91.0 (90.0~91.9)`, in percent; finer where it is small. */
export function shareWithin({ value, low, high }: SharedOut): string {
  if (value === null || low === null || high === null) return unknown;
  const digits = value < 0.05 ? 2 : 1;
  const shown = (share: number): string => (share * 100).toFixed(digits);
  return `${shown(value)} (${shown(low)}~${shown(high)})`;
}

/** `91.0 % (2874/3157, 90.0~91.9)`. */
export function shareInFull(share: SharedOut): string {
  const { value, low, high, count: part, of } = share;
  if (value === null || low === null || high === null) return unknown;
  const digits = value < 0.05 ? 2 : 1;
  const shown = (one: number): string => (one * 100).toFixed(digits);
  return `${shown(value)} % (${part}/${of}, ${shown(low)}~${shown(high)})`;
}

/** `0.950 (0.937~0.960)`. */
export function scoreWithin(value: number | null, interval: Interval | null, digits = 3): string {
  if (value === null) return unknown;
  const range =
    interval === null ? '' : ` (${interval.low.toFixed(digits)}~${interval.high.toFixed(digits)})`;
  return `${value.toFixed(digits)}${range}`;
}

/** `12 345 000`: thin groups, no unit. */
export function money(value: number | null): string {
  return value === null ? unknown : Math.round(value).toLocaleString('en-US');
}
