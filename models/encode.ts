/** From a cycle's features to the model's input row, and from its output row to what it said. */
import type { Manifest } from './manifest.ts';

/** What a model said that is no probability: a score, or a predicted value in its unit. */
export interface Estimate {
  readonly kind: 'score' | 'value';
  readonly value: number;
  /** Beyond these it is a defect; null: no bound on that side. */
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  /** What the value is; null: not said. */
  readonly title: { readonly ko: string; readonly en: string } | null;
  /** Null: not said. */
  readonly decimals: number | null;
}

export interface Answer {
  /** Of a defect, 0 to 1; null where the model gives none. */
  readonly probability: number | null;
  /** Null for a probability. */
  readonly estimate: Estimate | null;
  /**
   * The one number that ranks shots, more is worse: the probability, the score turned so that high
   * is bad, or how far the value lies outside its limits (negative inside).
   */
  readonly defectScore: number;
  readonly isDefect: boolean;
}

export type Encoded =
  | { readonly input: Float32Array }
  /** Profile features whose absence this model does not encode. */
  | { readonly refused: readonly string[] };

export interface Encoder {
  /** From features by their profile name; absent and null are missing. */
  encode(features: Readonly<Record<string, number | null | undefined>>): Encoded;
  /** The same from values in the model's order, as golden vectors are kept. */
  encodeVector(values: readonly (number | null)[]): Encoded;
  /** Profile features whose value lies outside the range seen in training; missing ones are not. */
  outsideTraining(features: Readonly<Record<string, number | null | undefined>>): string[];
  /** What one output row says; null when it holds no such thing (no number, no probability). */
  answer(row: ArrayLike<number>): Answer | null;
  /** `defectScore` of that answer. */
  defectScore(row: ArrayLike<number>): number | null;
  /** What `defectScore` is compared with: at or above is a defect, of a value only above. */
  readonly limit: number;
}

/** Looks the manifest through once, so that scoring a shot is one pass over its features. */
export function compileEncoder(manifest: Manifest): Encoder {
  const sources = manifest.features.map((feature) => feature.from);
  const encodeAt = compileRow(manifest);
  const answer = compileOutput(manifest);
  return {
    encode: (features) => encodeAt((index) => features[sources[index] ?? '']),
    encodeVector: (values) => encodeAt((index) => values[index]),
    outsideTraining: compileRangeCheck(manifest),
    answer,
    defectScore: (row) => answer(row)?.defectScore ?? null,
    limit: limitOf(manifest),
  };
}

type Source = (index: number) => number | null | undefined;

function compileRow(manifest: Manifest): (source: Source) => Encoded {
  const sources = manifest.features.map((feature) => feature.from);
  const encodings = manifest.features.map(({ missing }) => {
    if (missing === 'refuse') return null;
    return missing === 'nan' ? Number.NaN : missing;
  });
  return (source) => {
    const input = new Float32Array(encodings.length);
    let refused: string[] | null = null;
    for (let index = 0; index < encodings.length; index += 1) {
      const value = usable(source(index)) ?? encodings[index] ?? null;
      if (value === null) refused = [...(refused ?? []), sources[index] ?? ''];
      else input[index] = value;
    }
    return refused === null ? { input } : { refused };
  };
}

/** Null for what is no finite float32: such a value is as good as missing. */
function usable(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(Math.fround(value)) ? value : null;
}

function compileRangeCheck(manifest: Manifest): Encoder['outsideTraining'] {
  const ranges = manifest.features.flatMap(({ from, range }) =>
    range === undefined ? [] : [{ from, low: range[0], high: range[1] }],
  );
  return (features) => {
    const outside: string[] = [];
    for (const { from, low, high } of ranges) {
      const value = usable(features[from]);
      if (value !== null && (value < low || value > high)) outside.push(from);
    }
    return outside;
  };
}

/** A hair above 1 is rounding of float32 sums; more is not a probability. */
const roundingSlack = 1e-4;

function limitOf({ output, threshold }: Manifest): number {
  return output.kind === 'score' && output.defectSide === 'low' ? -threshold : threshold;
}

function compileOutput(manifest: Manifest): Encoder['answer'] {
  if (manifest.output.kind === 'score') return compileScore(manifest);
  if (manifest.output.kind === 'value') return compileValue(manifest);
  const columns = manifest.output.defectColumns;
  const { threshold } = manifest;
  return (row) => {
    let sum = 0;
    for (const column of columns) sum += row[column] ?? Number.NaN;
    if (!(sum >= -roundingSlack && sum <= 1 + roundingSlack)) return null;
    const probability = Math.min(1, Math.max(0, sum));
    const isDefect = probability >= threshold;
    return { probability, estimate: null, defectScore: probability, isDefect };
  };
}

function aboutOutput({ output }: Manifest) {
  const { unit = '', title = null, decimals = null } = output;
  return { unit, title, decimals };
}

function compileScore(manifest: Manifest): Encoder['answer'] {
  const { threshold, output } = manifest;
  const isLow = output.defectSide === 'low';
  const bounds = { low: isLow ? threshold : null, high: isLow ? null : threshold };
  const about = { kind: 'score' as const, ...bounds, ...aboutOutput(manifest) };
  return (row) => {
    const value = usable(row[0]);
    if (value === null) return null;
    const defectScore = isLow ? -value : value;
    const isDefect = isLow ? value <= threshold : value >= threshold;
    return { probability: null, estimate: { ...about, value }, defectScore, isDefect };
  };
}

function compileValue(manifest: Manifest): Encoder['answer'] {
  const { threshold, output } = manifest;
  const { low = null, high = null } = output.limits ?? {};
  const about = { kind: 'value' as const, low, high, ...aboutOutput(manifest) };
  return (row) => {
    const value = usable(row[0]);
    if (value === null) return null;
    const defectScore = Math.max(
      low === null ? Number.NEGATIVE_INFINITY : low - value,
      high === null ? Number.NEGATIVE_INFINITY : value - high,
    );
    const estimate = { ...about, value };
    return { probability: null, estimate, defectScore, isDefect: defectScore > threshold };
  };
}

/** One-off forms of the above. */
export function encodeInput(
  manifest: Manifest,
  features: Readonly<Record<string, number | null | undefined>>,
): Encoded {
  return compileEncoder(manifest).encode(features);
}

export function outsideTraining(
  manifest: Manifest,
  features: Readonly<Record<string, number | null | undefined>>,
): string[] {
  return compileEncoder(manifest).outsideTraining(features);
}
