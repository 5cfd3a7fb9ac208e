/** The files that `ppuri backtest` writes. */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import type { JudgedShot } from '../backtest/shot.ts';
import { csvLine } from './table.ts';

function notWritable(path: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('usage', `the result cannot be written: ${why}`, {
    operation: 'backtest',
    subject: path,
    hint: 'give a file in a folder that is there and that this user may write',
    cause,
  });
}

/** Before a long work, whether its result can be put down. Throws `usage`. */
export async function requireWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw notWritable(path, 'it is a folder');
  try {
    await access(there === null ? dirname(path) : path, constants.W_OK);
    if (there === null && !(await stat(dirname(path))).isDirectory())
      throw notWritable(path, `${dirname(path)} is not a folder`);
  } catch (thrown) {
    throw thrown instanceof PpuriError ? thrown : notWritable(path, thrown);
  }
}

/** Throws `usage`. */
export async function writeResult(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: unknown) => {
    throw notWritable(path, cause);
  });
}

export function verdictsCsv(shots: readonly JudgedShot[]): string {
  const lines = shots.map(({ row, mold, outcome, reason, score, label }) =>
    csvLine([row, mold ?? '', outcome, reason, score, label]),
  );
  return `row,mold,outcome,reason,probability,label\n${lines.join('\n')}\n`;
}
