/** `ppuri model add`: a bare export or a bundle, proven in a child, into the store. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { type Misfit, modelFit } from '../../config/model-fit.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';
import { modelsSchema, storeSchema } from '../../config/schema.ts';
import {
  type BundleParts,
  installBundle,
  isInstalled,
  judgeBundle,
  readBundle,
  writeBundle,
} from '../../models/bundle.ts';
import { bundlesOn, readSource } from '../../models/bundle-source.ts';
import type { Bundle, Manifest } from '../../models/manifest.ts';
import type { TrustRule } from '../../models/trust.ts';
import { wrapModel, wrapNeeds } from '../../models/wrap/wrap.ts';
import { type AskPerson, askForNeeds } from './model-ask.ts';
import { isFile, isFolder, locateModel } from './model-files.ts';
import { type AddOptions, requestOf } from './model-request.ts';

export type { AddOptions } from './model-request.ts';

export interface Added {
  readonly bundle: Bundle;
  readonly notes: readonly string[];
}

/** What the model answers to rows in its feature order; rejects when it does not. */
export type AnswerRows = (
  bundle: Bundle,
  rows: readonly (readonly (number | null)[])[],
) => Promise<number[][]>;

export interface AddHelp {
  readonly answer?: AnswerRows;
  /** Null or absent: what is missing is an error. */
  readonly ask?: AskPerson | null;
}

/** Rejects with `model-invalid` (everything missing at once) or `model-golden-mismatch`. */
export async function addModelBundle(
  path: string,
  asked: AddOptions,
  prove: (bundle: Bundle) => Promise<unknown>,
  { answer, ask = null }: AddHelp = {},
): Promise<Added> {
  const whole = await wholeBundle(path);
  if (whole !== null) return addWhole(whole, asked, prove);
  const { file, isFolder: inFolder } = await locateModel(path);
  const needs = async (known: AddOptions): Promise<readonly string[]> =>
    wrapNeeds(await requestOf(file, inFolder, known));
  const options = ask === null ? asked : await askForNeeds(asked, needs, ask);
  const wrapped = wrapModel(await requestOf(file, inFolder, options));
  const parts =
    wrapped.isSelfMade && answer !== undefined
      ? await answeredParts(wrapped.parts, answer)
      : wrapped.parts;
  const { name, version } = parts.manifest;
  const target = targetOf(name, version, options);
  const loops = options.loops ?? 'bounded';
  const trust = options.out === undefined ? ruleOf(options) : undefined;
  const write = { prove, loops, ...(trust && { trust }) };
  const notes = wrapped.isSelfMade ? [...wrapped.notes, selfMade] : wrapped.notes;
  return { bundle: await writeBundle(target, parts, write), notes };
}

const selfMade = 'golden rows are what this model says itself: they prove the copy, not the export';

const isThere = 'this very bundle was there already: nothing was changed';

/** Runs the model where models run, out of a scratch folder, for the outputs of its golden rows. */
async function answeredParts(parts: BundleParts, answer: AnswerRows): Promise<BundleParts> {
  const { manifest, model, golden } = parts;
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-add-'));
  try {
    const modelPath = join(dir, 'model.onnx');
    await writeFile(modelPath, model);
    const hash = createHash('sha256').update(model).digest('hex');
    const rows = golden.vectors.map(({ inputs }) => inputs);
    const about = { dir, manifest, golden, reference: null, signer: null };
    const outputs = await answer({ ...about, modelPath, hash }, rows);
    const vectors = rows.map((inputs, at) => ({ inputs, outputs: outputs[at] ?? [] }));
    return { ...parts, golden: { ...golden, vectors } };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A bundle says all there is to say; flags that would change it are refused. */
async function addWhole(
  path: string,
  options: AddOptions,
  prove: (bundle: Bundle) => Promise<unknown>,
): Promise<Added> {
  const { out: _out, store: _store, config: _config, loops: _loops, ...changes } = options;
  const [flag] = Object.keys(changes);
  if (flag !== undefined)
    throw new PpuriError('usage', `--${flag} cannot change a finished bundle`, {
      operation: 'add a model',
      subject: path,
      hint: 'leave the flag out, or add the .onnx file itself',
    });
  const trust = ruleOf(options);
  const source = await readSource(path);
  const { manifest } = await judgeBundle(source, { trust });
  const target = targetOf(manifest.name, manifest.version, options);
  const notes = fitNotes(manifest, path);
  if (await isInstalled(source, target))
    return { bundle: await readBundle(target, { trust }), notes: [...notes, isThere] };
  return { bundle: await installBundle(source, target, { prove, trust }), notes };
}

/**
 * What is worth a look where a shipped profile feeds the model; one of the site's own is looked at
 * by `ppuri check` and when a machine is to use it. Throws `model-invalid` for what does not fit.
 */
function fitNotes(manifest: Manifest, subject: string): string[] {
  if (!listProfiles().includes(manifest.profile)) return [];
  const { errors, warnings } = modelFit(manifest, loadProfile(manifest.profile));
  const texts = (found: readonly Misfit[]) =>
    found.map(({ message, hint }) => `${message} (${hint})`);
  const [first] = errors;
  if (first === undefined) return texts(warnings);
  const details = { operation: 'add a model', subject, hint: first.hint };
  throw new PpuriError('model-invalid', texts(errors).join('\n  '), details);
}

/** The finished bundle that `path` is, or the one that is on it; null: it is something else. */
async function wholeBundle(path: string): Promise<string | null> {
  if (path.endsWith('.tar')) return path;
  if (!(await isFolder(path))) return null;
  if (await isFile(join(path, 'model.yaml'))) return path;
  if (await isFile(join(path, 'model.onnx'))) return null;
  const found = await bundlesOn(path);
  if (found.length < 2) return found[0] ?? null;
  throw new PpuriError('usage', `there are ${found.length} bundles: ${found.join(', ')}`, {
    operation: 'add a model',
    subject: path,
    hint: 'say which one',
  });
}

/** Which bundles the site takes: as the configuration says, else as it would by default. */
export function ruleOf({ config }: Pick<AddOptions, 'config'>): TrustRule {
  return config === undefined ? modelsSchema.parse({}) : loadConfig(config).config.models;
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
