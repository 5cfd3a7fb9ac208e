/** `ppuri model inspect`: what a model or bundle is, in plain words, without running it. */
import { join } from 'node:path';
import { type Admission, admitModel } from '../../models/admit.ts';
import { readBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { wrapNeeds } from '../../models/wrap/wrap.ts';
import { isFile, locateModel, readModelFile } from './model-files.ts';
import { describedBy, requestOf } from './model-request.ts';

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
