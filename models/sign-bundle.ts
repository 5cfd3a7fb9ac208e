/** Signing a bundle: in place, or as a new one with the serial of its release. */
import type { KeyObject } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { type BundleSource, installBundle, judgeBundle } from './bundle.ts';
import { sumsName, sumsOf } from './bundle-files.ts';
import { readSource } from './bundle-source.ts';
import type { Bundle } from './manifest.ts';
import { syncDirectory, writeFlushed } from './scratch.ts';
import { signatureName, signSums } from './signing.ts';

/** Puts a signature into the folder, in place of one that may be there. Throws `model-invalid`. */
export async function signInPlace(dir: string, key: KeyObject): Promise<Bundle> {
  const source = await readSource(dir);
  const bundle = await judgeBundle(source);
  const partial = join(dir, `.${signatureName}`);
  await rm(partial, { force: true });
  try {
    await writeFlushed(partial, signatureOf(source, key));
    await rename(partial, join(dir, signatureName));
    await syncDirectory(dir);
  } finally {
    await rm(partial, { force: true });
  }
  return bundle;
}

/** Writes a signed copy as `out`, which must not exist; with `serial` as that release. */
export async function signedCopy(
  from: string,
  out: string,
  key: KeyObject,
  serial: number | null,
): Promise<Bundle> {
  const source = await readSource(from);
  await judgeBundle(source);
  const released = serial === null ? source : withSerial(source, serial);
  const files = new Map(released.files);
  files.set(signatureName, signatureOf(released, key));
  return installBundle({ from, files }, out);
}

function signatureOf({ files }: BundleSource, key: KeyObject): Uint8Array {
  return new TextEncoder().encode(signSums(files.get(sumsName) ?? new Uint8Array(), key));
}

/** The manifest keeps its text but for this line; its sum is made anew. */
function withSerial({ from, files }: BundleSource, serial: number): BundleSource {
  const manifest = parseDocument(new TextDecoder().decode(files.get('model.yaml')));
  manifest.set('serial', serial);
  const changed = new Map(files);
  changed.delete(signatureName);
  changed.delete(sumsName);
  changed.set('model.yaml', new TextEncoder().encode(manifest.toString({ lineWidth: 100 })));
  const sums = sumsOf(Object.fromEntries(changed));
  changed.set(sumsName, new TextEncoder().encode(sums));
  return { from, files: changed };
}
