/** The files that `ppuri backtest` writes. */
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import type { JudgedShot } from '../backtest/shot.ts';
import { csvLine } from './table.ts';

function notWritable(path: string, cause: unknown, operation = 'backtest'): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('usage', `the result cannot be written: ${why}`, {
    ...{ operation, subject: path },
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

/** Whole or not at all. Throws `usage`, or `store-full` where the disk is. */
export async function writeResult(
  path: string,
  text: string,
  operation = 'backtest',
): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw isFull(cause) ? noSpace(path, cause, operation) : notWritable(path, cause, operation);
  }
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
}

function noSpace(path: string, cause: unknown, operation: string): PpuriError {
  return new PpuriError('store-full', 'the disk is full: nothing was written', {
    ...{ operation, subject: path },
    hint: 'make room, or write it to another disk',
    cause,
  });
}

export function verdictsCsv(shots: readonly JudgedShot[]): string {
  const lines = shots.map(({ row, mold, outcome, reason, score, label }) =>
    csvLine([row, mold ?? '', outcome, reason, score, label]),
  );
  return `row,mold,outcome,reason,probability,label\n${lines.join('\n')}\n`;
}
