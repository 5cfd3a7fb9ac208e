/**
 * Readings as kept: a quarter of their plain JSON, because most share one of a few moments and are
 * good. `{"t":[[monoMs,wallMs],…],"r":{name:[value,moment] or [value,moment,quality,note]}}`; a text
 * stands in the place of the value, in quotes, where a number never is.
 */
import type { Instant, Quality, Reading } from '../records.ts';

export type Readings = Readonly<Record<string, Reading>>;

type Value = number | string | null;
type Packed = [Value, number] | [Value, number, Quality, string?];

interface PackedReadings {
  readonly t: [number, number][];
  readonly r: Record<string, Packed>;
}

/** To the microsecond: more is noise, and half of the digits. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Times are kept to the microsecond, all else exactly. */
export function packReadings(readings: Readings): string {
  const moments = new Map<string, number>();
  const packed: PackedReadings = { t: [], r: Object.create(null) };
  const momentOf = ({ monoMs, wallMs }: Instant): number => {
    const pair: [number, number] = [rounded(monoMs), rounded(wallMs)];
    const key = pair.join();
    const known = moments.get(key);
    if (known !== undefined) return known;
    moments.set(key, packed.t.push(pair) - 1);
    return packed.t.length - 1;
  };
  for (const [name, { value: number, text, quality, at, note }] of Object.entries(readings)) {
    const moment = momentOf(at);
    const value = text ?? number;
    if (note !== undefined) packed.r[name] = [value, moment, quality, note];
    else packed.r[name] = quality === 'good' ? [value, moment] : [value, moment, quality];
  }
  return JSON.stringify(packed);
}

export function unpackReadings(text: string): Readings {
  const { t, r }: PackedReadings = JSON.parse(text);
  return Object.fromEntries(
    Object.entries(r).map(([name, [packed, moment, quality = 'good', note]]) => {
      const [monoMs = 0, wallMs = 0] = t[moment] ?? [];
      const value = typeof packed === 'string' ? { value: null, text: packed } : { value: packed };
      const reading: Reading = { ...value, quality, at: { monoMs, wallMs } };
      return [name, note === undefined ? reading : { ...reading, note }];
    }),
  );
}
