/** `ppuri model inspect`: what a model or bundle is, in plain words, without running it. */
import { join } from 'node:path';
import { type Admission, admitModel } from '../../models/admit.ts';
import { readBundle } from '../../models/bundle.ts';
import type { Bundle, ModelFeature } from '../../models/manifest.ts';
import { wrapNeeds } from '../../models/wrap/wrap.ts';
import { isFile, locateModel, readModelFile } from './model-files.ts';
import { describedBy, requestOf } from './model-request.ts';
import type { Output } from './output.ts';

export interface Inspection {
  readonly path: string;
  readonly admission: Omit<Admission, 'bytes'>;
  /** Null for a bare model. */
  readonly bundle: Pick<Bundle, 'manifest' | 'hash'> | null;
  readonly goldenVectors: number;
  /** Path of the facts.json beside a bare model; null when there is none. */
  readonly facts: string | null;
  /** What `ppuri model add` needs that neither the file nor its facts.json says. */
  readonly needs: readonly string[];
}

/** `path`: an .onnx file, a folder with model.onnx, or a bundle. Throws `model-invalid`. */
export async function inspectModel(path: string): Promise<Inspection> {
  const { file, isFolder } = await locateModel(path);
  const whole =
    isFolder && (await isFile(join(path, 'model.yaml'))) ? await readBundle(path) : null;
  const { bytes: _, ...admission } = admitModel(await readModelFile(file), file);
  return {
    path: file,
    admission,
    bundle: whole === null ? null : { manifest: whole.manifest, hash: whole.hash },
    goldenVectors: whole?.golden.vectors.length ?? 0,
    facts: whole === null ? await describedBy(file, isFolder) : null,
    needs: whole === null ? wrapNeeds(await requestOf(file, isFolder, {})) : [],
  };
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
    if (inspection.facts !== null) output.line(`  facts      ${inspection.facts}`);
    printNeeds(inspection.needs, output);
  } else printBundle(bundle, inspection.goldenVectors, output);
}

function printNeeds(needs: readonly string[], output: Output): void {
  if (needs.length === 0) output.line('  `ppuri model add` needs nothing more for a bundle');
  else output.line('  for a bundle `ppuri model add` still needs:');
  for (const need of needs) output.line(`    - ${need}`);
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
