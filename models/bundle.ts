/** Bundles on disk: a model with all it needs, verified on reading, written whole or not at all. */
import { chmod, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { PpuriError } from '../config/errors.ts';
import { type AdmitOptions, admitModel } from './admit.ts';
import {
  checkReference,
  crossCheck,
  type Parsed,
  parseGolden,
  parseManifest,
  parseReference,
} from './bundle-check.ts';
import {
  type BundleFiles,
  bundleInvalid,
  checkSums,
  readFolder,
  sha256,
  sumsName,
  sumsOf,
} from './bundle-files.ts';
import { isShipped } from './find-bundle.ts';
import type { Bundle, Golden, Manifest } from './manifest.ts';
import type { Reference } from './reference.ts';
import { inScratch, syncDirectory, writeFlushed } from './scratch.ts';
import { requireTrust, type TrustRule } from './trust.ts';

export { type BundlePlace, type FindOptions, findBundle, listBundles } from './find-bundle.ts';

const required = ['model.onnx', 'model.yaml', 'golden.json'] as const;
const referenceName = 'reference.json';

export interface ReadOptions extends AdmitOptions {
  /** Which bundles the site takes; absent: nobody asks who signed this one. */
  readonly trust?: TrustRule;
}

/** A bundle's files as they were read, once. */
export interface BundleSource {
  /** Folder or archive, for messages. */
  readonly from: string;
  readonly files: BundleFiles;
}

/**
 * Reads a bundle: sums, signature, schemas, then admission of the model, then that all agree. Throws
 * `model-invalid` with every fault found, or `model-untrusted`. The golden vectors are run by the
 * inference child.
 */
export async function readBundle(dir: string, options: ReadOptions = {}): Promise<Bundle> {
  return judgeBundle({ from: dir, files: await readFolder(dir) }, options);
}

/** The same of files that were read already. */
export async function judgeBundle(
  { from, files }: BundleSource,
  { trust, ...options }: ReadOptions = {},
): Promise<Bundle> {
  checkSums(from, files);
  // Before anything else in it is looked at; what came with the program is as trusted as that is.
  const asked = trust !== undefined && !isShipped(from);
  const signer = asked ? await requireTrust(from, files, trust) : null;
  return { ...checkBundle(from, files, options), signer };
}

function checkBundle(
  dir: string,
  files: BundleFiles,
  options: AdmitOptions,
): Omit<Bundle, 'signer'> {
  const absent = required.filter((name) => !files.has(name));
  if (absent.length > 0)
    throw bundleInvalid(dir, `${absent.join(', ')} missing`, '`ppuri model add` makes a bundle');
  const [modelBytes, manifestText, goldenText] = required.map(
    (name) => files.get(name) ?? new Uint8Array(),
  );
  const manifest = parseManifest(utf8(manifestText));
  const golden = parseGolden(utf8(goldenText));
  const reference = readReference(files.get(referenceName));
  if (manifest.value === null || golden.value === null || reference.faults.length > 0)
    throw withFaults(dir, [...manifest.faults, ...golden.faults, ...reference.faults]);
  const bytes = modelBytes ?? new Uint8Array();
  const admission = admitModel(bytes, join(dir, 'model.onnx'), options);
  const faults = crossCheck(manifest.value, golden.value, admission);
  if (reference.value !== null) faults.push(...checkReference(manifest.value, reference.value));
  if (admission.edited)
    faults.push(
      `model.onnx: not ready to run; \`ppuri model add\` edits it: ${admission.notes[0]}`,
    );
  if (faults.length > 0) throw withFaults(dir, faults);
  return {
    dir,
    manifest: manifest.value,
    golden: golden.value,
    reference: reference.value,
    modelPath: join(dir, 'model.onnx'),
    hash: sha256(bytes),
  };
}

/** A bundle may do without. */
function readReference(bytes: Uint8Array | undefined): Parsed<Reference> | Absent {
  return bytes === undefined ? { value: null, faults: [] } : parseReference(utf8(bytes));
}

type Absent = { readonly value: null; readonly faults: readonly [] };

function utf8(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

function withFaults(dir: string, faults: readonly string[]): PpuriError {
  const list = faults.map((fault) => `\n  ${fault}`).join('');
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return bundleInvalid(dir, `the bundle has ${count}:${list}`, 'correct them and build it anew');
}

export interface BundleParts {
  readonly manifest: Manifest;
  readonly model: Uint8Array;
  readonly golden: Golden;
  readonly reference?: Reference;
  /** `card.md`: what a person should know of the model. */
  readonly card?: string;
}

export interface WriteOptions extends ReadOptions {
  /** Runs the golden vectors on the bundle where it still lies aside; rejects to refuse it. */
  readonly prove?: (bundle: Bundle) => Promise<unknown>;
}

/**
 * Writes a bundle as `dir`, which must not exist yet: into a folder beside it, flushed to disk,
 * proven, then renamed. What could not be read back is never written.
 */
export async function writeBundle(
  dir: string,
  parts: BundleParts,
  options: WriteOptions = {},
): Promise<Bundle> {
  const files = bundleFiles(parts);
  const all = new Map(Object.entries({ ...files, [sumsName]: sumsBytes(files) }));
  return installBundle({ from: dir, files: all }, dir, options);
}

/** Whether `dir` holds this very bundle, byte for byte. */
export async function isInstalled(source: BundleSource, dir: string): Promise<boolean> {
  if (!(await exists(dir))) return false;
  const there = await readFolder(dir);
  const same = ([name, bytes]: readonly [string, Uint8Array]): boolean => {
    const before = there.get(name);
    return before !== undefined && Buffer.compare(before, bytes) === 0;
  };
  return there.size === source.files.size && [...source.files].every(same);
}

/** Copies a bundle as it is, signature and all, to `dir`, which must not exist yet. */
export async function copyBundle(
  from: string,
  dir: string,
  options: WriteOptions = {},
): Promise<Bundle> {
  return installBundle({ from, files: await readFolder(from) }, dir, options);
}

/** Writes what was read as `dir`: judged, proven where it lies aside, then renamed into place. */
export async function installBundle(
  source: BundleSource,
  dir: string,
  { prove, ...options }: WriteOptions = {},
): Promise<Bundle> {
  const target = resolve(dir);
  const judged = await judgeBundle(source, options);
  const bundle = { ...judged, dir: target, modelPath: join(target, 'model.onnx') };
  if (await exists(target))
    throw bundleInvalid(target, 'the folder exists already', 'choose another version or folder');
  await inScratch(target, async (scratch) => {
    for (const [name, bytes] of source.files) await writeFlushed(join(scratch, name), bytes);
    await prove?.({ ...bundle, dir: scratch, modelPath: join(scratch, 'model.onnx') });
    await chmod(scratch, 0o755);
    await syncDirectory(scratch);
    await rename(scratch, target);
    await syncDirectory(dirname(target));
  });
  return bundle;
}

function bundleFiles(parts: BundleParts): Record<string, Uint8Array> {
  const { manifest, model, golden, reference, card } = parts;
  const text = new TextEncoder();
  return {
    'model.onnx': model,
    'model.yaml': text.encode(
      stringify(manifest, { lineWidth: 100, aliasDuplicateObjects: false }),
    ),
    'golden.json': text.encode(goldenText(golden)),
    ...(reference && { [referenceName]: text.encode(`${JSON.stringify(reference, null, 1)}\n`) }),
    ...(card !== undefined && { 'card.md': text.encode(card) }),
  };
}

/** One vector a line: reviewable, and diffs stay small. */
function goldenText({ tolerance, source, vectors }: Golden): string {
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
  const made = source === undefined ? '' : `  "source": "${source}",\n`;
  return `{\n  "tolerance": ${tolerance},\n${made}  "vectors": [\n${lines}\n  ]\n}\n`;
}

function sumsBytes(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return new TextEncoder().encode(sumsOf(files));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}
