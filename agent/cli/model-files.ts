/** The files of a model as a person names them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { maxModelBytes, smallerModel } from '../../models/admit.ts';
import { readRegularFile } from '../../models/regular-file.ts';
import type { Read } from '../../models/wrap/facts.ts';

const maxSideBytes = 16 * 1024 * 1024;

export async function isFile(path: string): Promise<boolean> {
  return isKind(path, 'isFile');
}

export async function isFolder(path: string): Promise<boolean> {
  return isKind(path, 'isDirectory');
}

async function isKind(path: string, kind: 'isFile' | 'isDirectory'): Promise<boolean> {
  try {
    return (await stat(path))[kind]();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && /ENOENT|ENOTDIR/.test(`${thrown.code}`))
      return false;
    throw thrown;
  }
}

/** Where the model lies for a path that may be a file or a folder. Throws `model-invalid`. */
export async function locateModel(path: string): Promise<{ file: string; isFolder: boolean }> {
  const fail = (why: string, cause?: unknown): PpuriError =>
    unreadable(path, why, 'give an .onnx file, a folder with model.onnx, or a bundle', cause);
  const stats = await stat(path).catch((cause: unknown) => {
    throw fail(cause instanceof Error ? cause.message : String(cause), cause);
  });
  if (!stats.isDirectory()) return { file: path, isFolder: false };
  const file = join(path, 'model.onnx');
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) throw fail('there is no model.onnx in this folder');
  return { file, isFolder: true };
}

/** Throws `model-invalid` when it is no regular file, too large or cannot be read. */
export function readModelFile(path: string): Promise<Buffer> {
  return readRegularFile(path, {
    maxBytes: maxModelBytes,
    tooLargeHint: smallerModel,
    refuse: (why, hint, cause) => unreadable(path, why, hint, cause),
  });
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): PpuriError {
  const details = { operation: 'read a model', subject: path, hint, cause };
  return new PpuriError('model-invalid', `cannot read the model: ${why}`, details);
}

/** A JSON file that describes a model. Throws `model-invalid` with every fault in it. */
export async function readSide<T>(path: string, parse: (text: string) => Read<T>): Promise<T> {
  const fail = (message: string, hint: string, cause?: unknown): PpuriError =>
    new PpuriError('model-invalid', message, {
      operation: 'read what describes the model',
      subject: path,
      hint,
      cause,
    });
  const bytes = await readRegularFile(path, {
    maxBytes: maxSideBytes,
    tooLargeHint: 'some dozens of golden rows are enough',
    refuse: (why, hint, cause) => fail(`cannot read ${path}: ${why}`, hint, cause),
  });
  const read = parse(bytes.toString('utf8'));
  if ('value' in read) return read.value;
  const list = read.faults.map((fault) => `\n  ${fault}`).join('');
  throw fail(`${path} has faults:${list}`, 'see `ppuri model add --help` for its form');
}
