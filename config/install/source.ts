/** The checkout that packages are built from. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Of package.json. */
export function sourceVersion(): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** Seconds since 1970 of the source, so that a build of next year has the same times in it. */
export function sourceSeconds(): number {
  const named = process.env.SOURCE_DATE_EPOCH;
  return Number(named ?? git('log', '-1', '--format=%ct'));
}

/** What git says of the checkout. */
export function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

/** What a command of the program prints, run from source. */
export function printed(...args: readonly string[]): Buffer {
  return execFileSync(process.execPath, ['agent/ppuri.js', ...args], { cwd: root });
}
