/** A release beside the versions that are there: copied, compared with what was signed, tried. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { constants, mkdtemp, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { type Disk, syncPath } from './disk.ts';
import { damaged, type Release, unfit } from './release.ts';
import { compareVersions } from './version.ts';
import { currentVersion, type Places } from './versions.ts';

export interface Here {
  /** Runs now. */
  readonly version: string;
  readonly arch: string;
  readonly storeLayout: number;
}

/** Throws `release-unfit`. Nothing of the file itself was read yet. */
export function requireFit(file: string, release: Release, here: Here): void {
  const { version, arch, oldestFrom, storeLayout } = release;
  if (arch !== here.arch)
    throw unfit(
      file,
      `it is for ${arch}, this computer is ${here.arch}`,
      `get the ${here.arch} one`,
    );
  const order = compareVersions(version, here.version);
  if (order === 0)
    throw unfit(file, `ppuri ${version} runs here already`, 'there is nothing to do');
  if (order < 0)
    throw unfit(
      file,
      `ppuri ${version} is older than ${here.version}, which runs here`,
      'an old release is never taken for an update; `ppuri update rollback` goes back to the version before',
    );
  if (compareVersions(here.version, oldestFrom) < 0)
    throw unfit(
      file,
      `ppuri ${version} follows ${oldestFrom} or later, and ${here.version} runs here`,
      `update to ${oldestFrom} first`,
    );
  if (storeLayout < here.storeLayout)
    throw unfit(
      file,
      `ppuri ${version} keeps its store in layout ${storeLayout}, older than ${here.storeLayout} of this one`,
      'ask who made the release',
    );
}

const chunkBytes = 1 << 20;

/** Reads the file once: what is compared is what is kept. Throws `release-damaged`. */
async function copyChecked(file: string, to: string, release: Release): Promise<void> {
  const wrong = (why: string, cause?: unknown): PpuriError =>
    damaged(file, why, 'copy the file again from where it came', cause);
  const source = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    throw wrong(`it cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause);
  });
  const target = openSync(to, 'wx', 0o755);
  try {
    const stats = await source.stat();
    if (!stats.isFile()) throw wrong('it is not a regular file');
    if (stats.size !== release.bytes)
      throw wrong(`it has ${stats.size} bytes, and ${release.bytes} were signed`);
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(chunkBytes);
    for (let left = release.bytes; left > 0; ) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(left, chunkBytes));
      if (bytesRead === 0) throw wrong('it ended before its size');
      hash.update(chunk.subarray(0, bytesRead));
      writeSync(target, chunk, 0, bytesRead);
      left -= bytesRead;
    }
    if (hash.digest('hex') !== release.sha256) throw wrong('it is not the file that was signed');
    fsyncSync(target);
  } finally {
    closeSync(target);
    await source.close();
  }
}

function diskTrouble(places: Places, thrown: unknown): unknown {
  if (thrown instanceof PpuriError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EROFS') return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new PpuriError('update-refused', `the new version cannot be written: ${why}`, {
    operation: 'update ppuri',
    subject: places.versions,
    hint: 'make room there (a version needs some 140 MB), then update again; nothing was changed',
    cause: thrown,
  });
}

/** A checked copy that no other user can write to, gone afterwards unless `use` moves it away. */
export async function withCopy<T>(
  file: string,
  release: Release,
  places: Places,
  use: (copy: string) => Promise<T>,
): Promise<T> {
  let folder: string | null = null;
  try {
    folder = await mkdtemp(join(places.versions, '.new-'));
    const copy = join(folder, release.kind === 'deb' ? basename(file) : 'ppuri');
    await copyChecked(file, copy, release);
    return await use(copy);
  } catch (thrown) {
    throw diskTrouble(places, thrown);
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** The program as a version of its own beside the others. It runs nowhere yet. */
export function putBeside(disk: Disk, places: Places, program: string, version: string): void {
  const folder = join(places.versions, version);
  if (currentVersion(places) === version) throw new Error(`${version} is in use`);
  disk.remove(folder);
  const from = join(program, '..');
  // Whoever runs the agent may read it, whatever the mask of who updates.
  chmodSync(program, 0o755);
  chmodSync(from, 0o755);
  syncPath(program);
  syncPath(from);
  disk.rename(from, folder);
}

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { env: { ...process.env, ...env }, timeout: 60_000, maxBuffer: 1 << 20 };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
  });
}

/** It can be begun here, is what it says, and takes the configuration. Throws before anything changes. */
export async function tryProgram(program: string, version: string, config: string): Promise<void> {
  const said = await run(program, ['--version']);
  if (said.code !== 0 || said.output !== version)
    throw unfit(
      program,
      `the new program does not begin here: --version gave ${JSON.stringify(said.output.slice(0, 300))}`,
      'this system may lack what it needs (glibc 2.34, libstdc++, libatomic1); nothing was changed',
    );
  const checked = await run(program, ['check', '-c', config]);
  if (checked.code !== 0)
    throw new PpuriError(
      'config-invalid',
      `ppuri ${version} does not take the configuration:\n${checked.output.slice(0, 4000)}`,
      {
        operation: 'update ppuri',
        subject: config,
        hint: 'fit the configuration for both versions, then update again; nothing was changed',
      },
    );
}

/** Its parts, so that the service finds root's; what the version that runs has unpacked stays. */
export async function unpackBeside(program: string): Promise<void> {
  const { code, output } = await run(program, [], {
    PPURI_ROLE: 'unpack',
    PPURI_UNPACK: 'beside',
  });
  if (code !== 0)
    throw unfit(program, `its parts cannot be unpacked: ${output}`, 'is the disk full?');
}
