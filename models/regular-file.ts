/** Files that a user names: read only when they are regular and no larger than allowed. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { PpuriError } from '../config/errors.ts';

export interface FileLimits {
  readonly maxBytes: number;
  /** What to do about a larger one. */
  readonly tooLargeHint: string;
  /** `why` fits after "cannot read it: ". */
  refuse(why: string, hint: string, cause?: unknown): PpuriError;
}

/** What a path leads to, for messages. */
export function fileKind(stats: Stats): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOENT: ['there is no such file', 'check the path'],
  ENOTDIR: ['there is no such file', 'check the path'],
  EACCES: ['permission denied', 'make the file readable for this user'],
  EPERM: ['permission denied', 'make the file readable for this user'],
};

/** The whole file; what is appended meanwhile is left out. Throws what `limits.refuse` makes. */
export async function readRegularFile(path: string, limits: FileLimits): Promise<Buffer> {
  try {
    // Before it is opened: to open a device may do something to it.
    check(await stat(path), limits);
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await readWhole(handle, limits);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (thrown instanceof PpuriError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const [why, hint] = reasons[code] ?? [message, 'check the path and the disk'];
    throw limits.refuse(why, hint, thrown);
  }
}

function check(stats: Stats, { maxBytes, tooLargeHint, refuse }: FileLimits): void {
  if (!stats.isFile())
    throw refuse(`it is ${fileKind(stats)}, not a regular file`, 'copy it into a file first');
  if (stats.size <= maxBytes) return;
  const [size, most] = [stats.size, maxBytes].map((bytes) => (bytes / 1_048_576).toFixed(1));
  throw refuse(`it has ${size} MiB, more than the ${most} MiB allowed`, tooLargeHint);
}

async function readWhole(handle: FileHandle, limits: FileLimits): Promise<Buffer> {
  const stats = await handle.stat();
  check(stats, limits);
  const bytes = Buffer.alloc(stats.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
