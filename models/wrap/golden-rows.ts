/** Golden entries in whatever form they came → vectors in feature order and output columns. */
import type { Golden } from '../manifest.ts';
import type { ClassLabel } from '../onnx/unwrap-zip-map.ts';
import type { GoldenEntry } from './facts.ts';
import type { DataRows } from './request.ts';

export interface GoldenShape {
  readonly features: readonly string[];
  /** Class labels in column order; empty when unknown. */
  readonly labels: readonly ClassLabel[];
  readonly kind: 'probabilities' | 'score' | 'value';
  readonly columns: number | null;
  readonly defectColumns: readonly number[];
}

export function goldenRows(
  entries: readonly GoldenEntry[],
  shape: GoldenShape,
): { golden: Golden; faults: string[] } {
  const vectors: Golden['vectors'] = [];
  const faults: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const inputs = inputRow(entry, shape);
    const outputs = outputRow(entry, shape);
    if (typeof inputs === 'string') faults.push(`golden ${index}: ${inputs}`);
    else if (typeof outputs === 'string') faults.push(`golden ${index}: ${outputs}`);
    else vectors.push({ inputs, outputs });
  }
  return { golden: { tolerance: 1e-5, vectors }, faults };
}

function inputRow(entry: GoldenEntry, { features }: GoldenShape): (number | null)[] | string {
  const { inputs } = entry;
  if (Array.isArray(inputs)) {
    if (inputs.length === features.length) return inputs;
    return `${inputs.length} inputs for ${features.length} features`;
  }
  const absent = features.filter((name) => !Object.hasOwn(inputs, name));
  if (absent.length > 0) return `no input for ${absent.join(', ')} (null means missing)`;
  return features.map((name) => inputs[name] ?? null);
}

function outputRow(entry: GoldenEntry, shape: GoldenShape): number[] | string {
  if (entry.outputs !== undefined) return entry.outputs;
  const { probabilities, p_fail: fail } = entry;
  if (Array.isArray(probabilities)) return probabilities;
  if (probabilities !== undefined) return byLabel(probabilities, shape.labels);
  if (fail === undefined) return 'no outputs, probabilities or p_fail';
  if (shape.kind !== 'probabilities' || shape.columns === 1) return [fail];
  if (shape.columns !== 2 || shape.defectColumns.length !== 1)
    return 'p_fail fits a model of two classes only; give probabilities per class';
  return shape.defectColumns[0] === 0 ? [fail, 1 - fail] : [1 - fail, fail];
}

function byLabel(
  probabilities: Readonly<Record<string, number>>,
  labels: readonly ClassLabel[],
): number[] | string {
  const names = labels.length > 0 ? labels.map(String) : Object.keys(probabilities);
  const row = names.map((name) => probabilities[name]);
  const absent = names.filter((_, index) => row[index] === undefined);
  if (absent.length > 0) return `no probability for class ${absent.join(', ')}`;
  return row.map((value) => value ?? 0);
}

const mostDataRows = 20;

/**
 * Rows evenly out of a history, in the model's order, as vectors whose outputs are not known yet.
 * Throws `csv-invalid` for a cell that is no number.
 */
export function dataRows(
  data: DataRows,
  names: readonly string[],
): { vectors: Golden['vectors']; faults: string[] } {
  const places = names.map((name) => data.find(name));
  const absent = names.filter((_, index) => places[index] === null);
  if (absent.length > 0)
    return { vectors: [], faults: [`--data has no column ${absent.join(', ')}`] };
  if (data.rows.length === 0) return { vectors: [], faults: ['--data has no rows'] };
  const step = Math.max(1, Math.floor(data.rows.length / mostDataRows));
  const count = Math.min(mostDataRows, data.rows.length);
  const vectors = Array.from({ length: count }, (_, at) => ({
    inputs: places.map((place) => (place === null ? null : data.number(at * step, place))),
    outputs: [],
  }));
  return { vectors, faults: [] };
}
