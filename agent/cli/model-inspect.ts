/** `ppuri model inspect`: what a model or bundle is, in plain words, without running it. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { type Admission, admitModel } from '../../models/admit.ts';
import { readBundle } from '../../models/bundle.ts';
import type { Bundle, ModelFeature } from '../../models/manifest.ts';
import type { Output } from './output.ts';

export interface Inspection {
  readonly path: string;
  readonly admission: Omit<Admission, 'bytes'>;
  /** Null for a bare model. */
  readonly bundle: Pick<Bundle, 'manifest' | 'hash'> | null;
  readonly goldenVectors: number;
  /** What a bundle needs that the file does not say. */
  readonly needs: readonly string[];
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return false;
    throw thrown;
  }
}

/** Where the model lies for a path that may be a file or a folder. Throws `model-invalid`. */
export async function locateModel(path: string): Promise<{ file: string; isFolder: boolean }> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    return { file: isFolder ? join(path, 'model.onnx') : path, isFolder };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Throws `model-invalid` when the file cannot be read. */
export async function readModelFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint = 'give an .onnx file, a folder with model.onnx, or a bundle';
  const details = { operation: 'read a model', subject: path, hint, cause };
  return new PpuriError('model-invalid', `cannot read the model: ${why}`, details);
}

/** `path`: an .onnx file, a folder with model.onnx, or a bundle. Throws `model-invalid`. */
export async function inspectModel(path: string): Promise<Inspection> {
  const { file, isFolder } = await locateModel(path);
  const bundle =
    isFolder && (await isFile(join(path, 'model.yaml'))) ? await readBundle(path) : null;
  const { bytes: _, ...admission } = admitModel(await readModelFile(file), file);
  return {
    path: file,
    admission,
    bundle: bundle === null ? null : { manifest: bundle.manifest, hash: bundle.hash },
    goldenVectors: bundle?.golden.vectors.length ?? 0,
    needs: bundle === null ? needsOf(admission) : [],
  };
}

function needsOf({ input, scores, classLabels }: Omit<Admission, 'bytes'>): string[] {
  const count = input.features === null ? '' : `${input.features} `;
  const needs = [
    `${count}feature names in the model's order (--features, or a facts.json with --describe)`,
    'the machine profile they come from (--profile)',
    'the threshold of defect probability (--threshold)',
    'a few rows with the toolkit’s own outputs (--golden)',
  ];
  if (scores === null) needs.push('which output to score by (--output)');
  if (scores?.kind === 'probabilities' && classLabels.join() !== '0,1')
    needs.push(`which of the classes ${classLabels.join(', ')} are defects (--positive)`);
  return needs;
}

export function printInspection(inspection: Inspection, output: Output): void {
  const { admission, bundle } = inspection;
  output.line(`${inspection.path}: admitted`);
  output.line(`  made by    ${admission.producer || 'unknown'}, ONNX IR ${admission.irVersion}`);
  output.line(`  opsets     ${pairs(admission.opsets, 'ai.onnx')}`);
  output.line(`  operators  ${pairs(admission.operators, '')}`);
  const width = admission.input.features ?? 'F';
  output.line(`  input      "${admission.input.name}" float32 [N, ${width}]`);
  for (const { name, dtype, dims } of admission.outputs) {
    const shape = dims === null ? '' : ` [${dims.map((size) => size ?? 'N').join(', ')}]`;
    const use = name === admission.scores?.name ? `  ← ${admission.scores.kind}` : '';
    output.line(`  output     "${name}" ${dtype}${shape}${use}`);
  }
  if (admission.classLabels.length > 0)
    output.line(`  classes    ${admission.classLabels.join(', ')}`);
  for (const note of admission.notes) output.line(`  note       ${note}`);
  if (bundle === null) {
    output.line('  for a bundle `ppuri model add` still needs:');
    for (const need of inspection.needs) output.line(`    - ${need}`);
  } else printBundle(bundle, inspection.goldenVectors, output);
}

function pairs(counts: Readonly<Record<string, number>>, unnamed: string): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name || unnamed} ${count}`)
    .join(', ');
}

function printBundle(
  { manifest, hash }: Pick<Bundle, 'manifest' | 'hash'>,
  vectors: number,
  output: Output,
): void {
  output.line(`  bundle     ${manifest.name} ${manifest.version}, sums agree, sha256 ${hash}`);
  output.line(`  profile    ${manifest.profile}`);
  output.line(`  threshold  ${manifest.threshold}`);
  output.line(`  golden     ${vectors} vectors (run when the model is added or loaded)`);
  for (const feature of manifest.features) output.line(`  feature    ${describe(feature)}`);
  const metrics = JSON.stringify(manifest.metrics);
  if (metrics !== '{}') output.line(`  metrics    ${metrics}`);
}

function describe({ name, from, unit, missing, range }: ModelFeature): string {
  const source = name === from ? name : `${name} ← ${from}`;
  const span = range === undefined ? '' : `, trained ${range[0]} to ${range[1]} ${unit}`.trimEnd();
  return `${source}${span}, missing: ${missing}`;
}
