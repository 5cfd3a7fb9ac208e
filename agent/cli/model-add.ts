/** `ppuri model add`: a bare export or a bundle, proven in a child, into the store. */
import { join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { storeSchema } from '../../config/schema.ts';
import { copyBundle, readBundle, writeBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { wrapModel } from '../../models/wrap/wrap.ts';
import { isFile, locateModel } from './model-files.ts';
import { type AddOptions, requestOf } from './model-request.ts';

export type { AddOptions } from './model-request.ts';

export interface Added {
  readonly bundle: Bundle;
  readonly notes: readonly string[];
}

/** Rejects with `model-invalid` (everything missing at once) or `model-golden-mismatch`. */
export async function addModelBundle(
  path: string,
  options: AddOptions,
  prove: (bundle: Bundle) => Promise<void>,
): Promise<Added> {
  const { file, isFolder } = await locateModel(path);
  if (isFolder && (await isFile(join(path, 'model.yaml')))) return addWhole(path, options, prove);
  const { parts, notes } = wrapModel(await requestOf(file, isFolder, options));
  const { name, version } = parts.manifest;
  const target = targetOf(name, version, options);
  const loops = options.loops ?? 'bounded';
  return { bundle: await writeBundle(target, parts, { prove, loops }), notes };
}

/** A bundle says all there is to say; flags that would change it are refused. */
async function addWhole(
  path: string,
  options: AddOptions,
  prove: (bundle: Bundle) => Promise<void>,
): Promise<Added> {
  const { out: _out, store: _store, config: _config, loops: _loops, ...changes } = options;
  const [flag] = Object.keys(changes);
  if (flag !== undefined)
    throw new PpuriError('usage', `--${flag} cannot change a finished bundle`, {
      operation: 'add a model',
      subject: path,
      hint: 'leave the flag out, or add the .onnx file itself',
    });
  const { manifest } = await readBundle(path);
  const target = targetOf(manifest.name, manifest.version, options);
  return { bundle: await copyBundle(path, target, { prove }), notes: [] };
}

function targetOf(name: string, version: string, options: AddOptions): string {
  if (options.out !== undefined) return resolve(options.out);
  return join(storeOf(options), 'models', name, version);
}

/** `--store`, or the configuration's, or the default. */
export function storeOf({ store, config }: Pick<AddOptions, 'store' | 'config'>): string {
  if (store !== undefined) return resolve(store);
  if (config !== undefined) return loadConfig(config).config.store.path;
  return storeSchema.parse({}).path;
}
