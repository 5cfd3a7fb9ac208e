/** Keys that sign bundles, as files: made, and read no matter who else may look at them. */
import type { KeyObject } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { readRegularFile } from '../../models/regular-file.ts';
import { generateKey, maxKeyBytes, readPrivateKey } from '../../models/signing.ts';

export interface MadeKey {
  /** 32 hex digits. */
  readonly id: string;
  readonly privateFile: string;
  readonly publicFile: string;
}

/** Writes `file` (for its owner only) and `file.pub`, neither of which may exist. */
export async function makeKeyFiles(file: string): Promise<MadeKey> {
  const { id, privatePem, publicPem } = generateKey();
  const publicFile = `${file}.pub`;
  await makeFolder(dirname(file));
  await writeNew(file, privatePem, 0o600);
  try {
    await writeNew(publicFile, publicPem, 0o644);
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
  return { id, privateFile: file, publicFile };
}

/** A folder for keys is nobody else's business. */
async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw keyTrouble(dir, `cannot make the folder: ${why}`, 'choose another place', cause);
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    const handle = await open(path, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw keyTrouble(path, 'the file exists already', 'keys are never replaced: give a new name');
    const why = cause instanceof Error ? cause.message : String(cause);
    throw keyTrouble(path, `cannot write the key: ${why}`, 'check space and rights', cause);
  }
}

function keyTrouble(subject: string, message: string, hint: string, cause?: unknown): PpuriError {
  return new PpuriError('usage', message, { operation: 'sign a model', subject, hint, cause });
}

/** Throws `usage` for a file that others may read, `model-untrusted` for what is no private key. */
export async function readKeyFile(path: string): Promise<KeyObject> {
  const bytes = await readRegularFile(path, {
    maxBytes: maxKeyBytes,
    tooLargeHint: 'a key is a few lines of PEM',
    refuse: (why, hint, cause) => keyTrouble(path, `cannot read the key: ${why}`, hint, cause),
  });
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw keyTrouble(path, 'others on this computer may read the key', `chmod 600 ${path}`);
  return readPrivateKey(bytes, path);
}
