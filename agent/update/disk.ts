/**
 * The few things an update does to the disk, each of which has reached it when it returns: what is
 * named is whole, and what is taken away is taken away after what replaces it.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Disk {
  /** Written whole under another name, then renamed. */
  write(path: string, text: string, mode: number): void;
  /** `path` leads to `target` from now on, and at no moment to nothing. */
  link(target: string, path: string): void;
  /** Of the same file system; `to` is not there, or no folder. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  makeFolder(path: string): void;
}

export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function rename(from: string, to: string): void {
  renameSync(from, to);
  syncPath(dirname(to));
}

export const realDisk: Disk = {
  write: (path, text, mode) => {
    const file = openSync(`${path}.new`, 'w', mode);
    try {
      fchmodSync(file, mode);
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    rename(`${path}.new`, path);
  },
  link: (target, path) => {
    rmSync(`${path}.new`, { force: true });
    symlinkSync(target, `${path}.new`);
    rename(`${path}.new`, path);
  },
  rename,
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  makeFolder: (path) => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
    syncPath(dirname(path));
  },
};
