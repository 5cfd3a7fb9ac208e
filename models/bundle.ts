/** Bundles on disk: a model with all it needs, verified on reading, written whole or not at all. */
import { chmod, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { PpuriError } from '../config/errors.ts';
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
  bundleInvalid,
  readBundleFile,
  readVerifiedFiles,
  sha256,
  sumsName,
  sumsOf,
} from './bundle-files.ts';
import type { Bundle, Golden, Manifest } from './manifest.ts';
import type { Reference } from './reference.ts';

export { type BundlePlace, type FindOptions, findBundle, listBundles } from './find-bundle.ts';

const required = ['model.onnx', 'model.yaml', 'golden.json'] as const;
const referenceName = 'reference.json';

/**
 * Reads a bundle: sums, then schemas, then admission of the model, then that all agree. Throws
 * `model-invalid` with every fault found. The golden vectors are run by the inference child.
 */
export async function readBundle(dir: string, options: AdmitOptions = {}): Promise<Bundle> {
  const files = await readVerifiedFiles(dir);
  return checkBundle(dir, files, options);
}

function checkBundle(
  dir: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: AdmitOptions,
): Bundle {
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
  if (admission.edited) faults.push('model.onnx: ends in ZipMap; `ppuri model add` unwraps it');
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

export interface WriteOptions extends AdmitOptions {
  /** Runs the golden vectors on the bundle where it still lies aside; rejects to refuse it. */
  readonly prove?: (bundle: Bundle) => Promise<void>;
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
  const target = resolve(dir);
  const files = bundleFiles(parts);
  return install(target, { ...files, [sumsName]: sumsBytes(files) }, options);
}

/** Copies a bundle as it is, signature and all, to `dir`, which must not exist yet. */
export async function copyBundle(
  from: string,
  dir: string,
  options: WriteOptions = {},
): Promise<Bundle> {
  const files: Record<string, Uint8Array> = Object.fromEntries(await readVerifiedFiles(from));
  for (const name of [sumsName, 'bundle.sig']) {
    if (await exists(join(from, name))) files[name] = await readBundleFile(from, name);
  }
  return install(resolve(dir), files, options);
}

async function install(
  target: string,
  files: Readonly<Record<string, Uint8Array>>,
  options: WriteOptions,
): Promise<Bundle> {
  const bundle = checkBundle(target, new Map(Object.entries(files)), options);
  if (await exists(target))
    throw bundleInvalid(target, 'the folder exists already', 'choose another version or folder');
  await inScratch(target, async (scratch) => {
    for (const [name, bytes] of Object.entries(files))
      await writeFlushed(join(scratch, name), bytes);
    await options.prove?.({ ...bundle, dir: scratch, modelPath: join(scratch, 'model.onnx') });
    await chmod(scratch, 0o755);
    await syncDirectory(scratch);
    await rename(scratch, target);
    await syncDirectory(dirname(target));
  });
  return bundle;
}

/** A hidden folder beside `target`, gone afterwards whatever happens. */
async function inScratch(target: string, work: (scratch: string) => Promise<void>): Promise<void> {
  let scratch: string | null = null;
  try {
    await mkdir(dirname(target), { recursive: true });
    scratch = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    await work(scratch);
  } catch (cause) {
    if (cause instanceof PpuriError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bundleInvalid(target, `cannot write the bundle: ${why}`, 'check space and rights', cause);
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
  }
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
function goldenText({ tolerance, vectors }: Golden): string {
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
  return `{\n  "tolerance": ${tolerance},\n  "vectors": [\n${lines}\n  ]\n}\n`;
}

function sumsBytes(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return new TextEncoder().encode(sumsOf(files));
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
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
