/** From a cycle's features to the model's input row, and from its output row to one probability. */
import type { Manifest } from './manifest.ts';

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
  /** Probability of a defect in one output row (a score as it stands); null when the row holds none. */
  defectProbability(row: ArrayLike<number>): number | null;
}

/** Looks the manifest through once, so that scoring a shot is one pass over its features. */
export function compileEncoder(manifest: Manifest): Encoder {
  const sources = manifest.features.map((feature) => feature.from);
  const encodeAt = compileRow(manifest);
  return {
    encode: (features) => encodeAt((index) => features[sources[index] ?? '']),
    encodeVector: (values) => encodeAt((index) => values[index]),
    outsideTraining: compileRangeCheck(manifest),
    defectProbability: compileOutput(manifest),
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

function compileOutput(manifest: Manifest): Encoder['defectProbability'] {
  if (manifest.output.kind === 'score') return (row) => usable(row[0]);
  const columns = manifest.output.defectColumns;
  return (row) => {
    let sum = 0;
    for (const column of columns) sum += row[column] ?? Number.NaN;
    if (!(sum >= -roundingSlack && sum <= 1 + roundingSlack)) return null;
    return Math.min(1, Math.max(0, sum));
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

export function defectProbability(manifest: Manifest, row: ArrayLike<number>): number | null {
  return compileEncoder(manifest).defectProbability(row);
}
