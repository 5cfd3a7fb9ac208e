/** What the single file unpacks is used only where nobody else could have put it there. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import { places, type RuntimePlace } from '../../config/runtime-place.ts';
import { type PackedGroup, unpackGroup } from '../../config/unpack.ts';

const contents = new Map([
  ['lib/addon.node', Buffer.from('the addon')],
  ['libonnxruntime.so.1', Buffer.alloc(700_000, 'library ')],
]);
const packed: PackedGroup = {
  folder: 'onnxruntime-node-0123456789abcdef',
  files: [...contents].map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })),
};

let root = '';
let reads: string[] = [];

function read(key: string): Uint8Array {
  reads.push(key);
  const bytes = contents.get(key.replace('onnxruntime-node/', ''));
  if (bytes === undefined) throw new Error(`no asset ${key}`);
  return zstdCompressSync(bytes);
}

const place = (name: string, mode = 0o700): RuntimePlace => ({
  path: join(root, name),
  writable: true,
  mode,
});
const unpackInto = (...all: RuntimePlace[]): string =>
  unpackGroup('onnxruntime-node', packed, read, all);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ppuri-unpack-'));
  reads = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the first start', () => {
  test('unpacks everything for its user alone, and the next one only compares', () => {
    const folder = unpackInto(place('a/b'));
    for (const [path, bytes] of contents)
      expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'libonnxruntime.so.1')).mode & 0o222).toBe(0);
    expect(unpackInto(place('a/b'))).toBe(folder);
    expect(reads).toHaveLength(contents.size);
    expect(readdirSync(join(root, 'a/b'))).toEqual([packed.folder]);
  });

  test('of root lets the service read what is there, whatever the umask', () => {
    const umask = process.umask(0o077);
    const folder = unpackInto(place('shared', 0o755));
    process.umask(umask);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'lib')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'lib/addon.node')).mode & 0o777).toBe(0o444);
  });
});

describe('what lies there', () => {
  test.each([
    ['changed by a byte', (file: string) => writeFileSync(file, 'the Addon')],
    ['cut short by a power cut', (file: string) => writeFileSync(file, '')],
    ['gone', (file: string) => rmSync(file)],
    ['writable by others', (file: string) => chmodSync(file, 0o666)],
    [
      'a link to somewhere else',
      (file: string) => {
        writeFileSync(join(root, 'elsewhere'), 'the addon');
        rmSync(file);
        symlinkSync(join(root, 'elsewhere'), file);
      },
    ],
  ])('is unpacked anew when it is %s', (_, damage) => {
    const folder = unpackInto(place('p'));
    const file = join(folder, 'lib/addon.node');
    chmodSync(file, 0o644);
    damage(file);
    expect(unpackInto(place('p'))).toBe(folder);
    expect(readFileSync(file, 'utf8')).toBe('the addon');
    expect(statSync(file).mode & 0o222).toBe(0);
    expect(readdirSync(join(root, 'p'))).toEqual([packed.folder]);
  });

  test('is unpacked anew when its folder was open to others', () => {
    const folder = unpackInto(place('p'));
    chmodSync(folder, 0o777);
    unpackInto(place('p'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});

describe('a directory that others can write to', () => {
  test('is never used; the next one is', () => {
    mkdirSync(join(root, 'open'));
    chmodSync(join(root, 'open'), 0o777);
    expect(unpackInto(place('open'), place('own'))).toBe(join(root, 'own', packed.folder));
    expect(readdirSync(join(root, 'open'))).toEqual([]);
    expect(statSync(join(root, 'open')).mode & 0o777).toBe(0o777);
  });

  test('is not used either when only one above it is open', () => {
    mkdirSync(join(root, 'open/own'), { recursive: true, mode: 0o700 });
    chmodSync(join(root, 'open'), 0o777);
    expect(() => unpackInto(place('open/own'))).toThrow(/others could exchange .*open\/own/);
  });

  test('is refused although the right files lie in it already', () => {
    unpackInto(place('p'));
    chmodSync(join(root, 'p'), 0o777);
    reads = [];
    expect(() => unpackInto(place('p'))).toThrow(PpuriError);
    expect(reads).toEqual([]);
  });

  test('leads to an error that says what to do where there is no other', () => {
    writeFileSync(join(root, 'file'), '');
    const thrown = (() => {
      try {
        return unpackInto(place('file'));
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({
      code: 'unpack-failed',
      hint: expect.stringContaining('PPURI_RUNTIME_DIR'),
    });
  });
});

describe('the places', () => {
  test('of root are its own, never below the directory that belongs to the service', () => {
    const paths = places({ STATE_DIRECTORY: '/var/lib/ppuri' }, 0).map(({ path }) => path);
    expect(paths[0]).toBe('/var/lib/ppuri-runtime');
    expect(paths.some((path) => path.startsWith('/var/lib/ppuri/'))).toBe(false);
  });

  test('of the service are root’s, to read, then its state', () => {
    const [first, second] = places({ STATE_DIRECTORY: '/var/lib/ppuri' }, 990);
    expect(first).toMatchObject({ path: '/var/lib/ppuri-runtime', writable: false });
    expect(second).toMatchObject({ path: '/var/lib/ppuri/runtime', writable: true, mode: 0o700 });
  });

  test('are the one that is named, where one is', () => {
    expect(places({ PPURI_RUNTIME_DIR: '/srv/x' }, 0).map(({ path }) => path)).toEqual(['/srv/x']);
  });
});
