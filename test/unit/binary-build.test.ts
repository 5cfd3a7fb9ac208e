/** The parts of the build that other programs have to read: ELF, tar, Debian packages, loaders. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asciiOnly } from '../../config/install/bundle.ts';
import { writeDeb } from '../../config/install/deb.ts';
import { loaders, patched } from '../../config/install/loaders.ts';
import { stripElf } from '../../config/install/strip-elf.ts';
import { writeTar } from '../../config/install/tar-writer.ts';

const modules = join(import.meta.dirname, '../../node_modules');
const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-build-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the script of the single file', () => {
  test('has every letter beyond ASCII escaped, and means the same', () => {
    const script = "module.exports = [/^[가-힣]+$/.test('금형'), '\u{1f525}', `예열타`]";
    const escaped = asciiOnly(script);
    expect(escaped).toMatch(/^[\0-\x7f]*$/);
    const run = (text: string): unknown => {
      const module = { exports: null };
      compileFunction(text, ['module'])(module);
      return module.exports;
    };
    expect(run(escaped)).toEqual(run(script));
  });

  test('is refused where an escape would change what it means', () => {
    expect(() => asciiOnly('/\\가/')).toThrow('a backslash before a letter beyond ASCII');
  });
});

describe('loaders', () => {
  test.each(['x64', 'arm64'] as const)(
    'of the packages that are pinned are the ones known: %s',
    (arch) => {
      for (const loader of loaders(arch)) {
        const text = patched(modules, loader);
        expect(text).toContain(loader.instead);
        expect(text).not.toContain(loader.loads);
      }
    },
  );

  test.each(loaders('x64'))('$file stops the build as soon as it differs', (loader) => {
    const copy = join(dir, loader.file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(modules, loader.file), copy);
    expect(() => patched(dir, loader)).not.toThrow();
    writeFileSync(copy, `${readFileSync(copy, 'utf8')}\n`);
    expect(() => patched(dir, loader)).toThrow(/is not the loader that the build knows/);
  });
});

describe('a stripped program', () => {
  test('is much smaller, has no symbols, and still runs', () => {
    const whole = readFileSync(process.execPath);
    const small = stripElf(whole);
    expect(small.length).toBeLessThan(whole.length * 0.85);
    const file = join(dir, 'node');
    writeFileSync(file, small, { mode: 0o755 });
    const out = execFileSync(file, [
      '-p',
      'process.version + new Intl.NumberFormat("ko").format(1e4)',
    ]);
    expect(out.toString().trim()).toBe(`${process.version}10,000`);
    expect(Buffer.from(stripElf(small)).equals(small)).toBe(true);
  });

  test('is not made of something else', () => {
    expect(() => stripElf(Buffer.from('#!/bin/sh\n'.padEnd(100)))).toThrow(/no 64-bit/);
  });
});

const entries = [
  { path: 'usr/bin/ppuri', mode: 0o755, bytes: Buffer.from('#!/bin/sh\n') },
  { path: 'etc/ppuri/ppuri.yaml', mode: 0o644, bytes: Buffer.from('gateway: {}\n') },
  { path: 'etc/ppuri/trust/', mode: 0o755 },
];

describe('an archive', () => {
  test('is one that tar reads: names, modes, owner, content', () => {
    const file = join(dir, 'a.tar');
    writeFileSync(file, writeTar(entries, 1_700_000_000));
    const list = execFileSync('tar', ['-tvf', file, '--numeric-owner', '--utc']).toString();
    expect(list).toMatch(/^-rwxr-xr-x 0\/0 +10 2023-11-14 22:13 \.\/usr\/bin\/ppuri$/m);
    expect(list).toMatch(/^drwxr-xr-x 0\/0 +0 .* \.\/etc\/ppuri\/trust\/$/m);
    execFileSync('tar', ['-xf', file, '-C', dir]);
    expect(readFileSync(join(dir, 'etc/ppuri/ppuri.yaml'), 'utf8')).toBe('gateway: {}\n');
  });
});

describe.skipIf(!hasDpkg)('a package (dpkg-deb is not installed)', () => {
  const deb = (): Buffer =>
    writeDeb({
      arch: 'arm64',
      version: '1.2.3',
      entries,
      scripts: new Map([['postinst', Buffer.from('#!/bin/sh\nset -e\n')]]),
      conffiles: ['/etc/ppuri/ppuri.yaml'],
      seconds: 1_700_000_000,
    });

  test('is one that dpkg-deb reads', () => {
    const file = join(dir, 'a.deb');
    writeFileSync(file, deb());
    const fields = execFileSync('dpkg-deb', ['-f', file, 'Package', 'Version', 'Architecture']);
    expect(fields.toString()).toBe('Package: ppuri\nVersion: 1.2.3\nArchitecture: arm64\n');
    const list = execFileSync('dpkg-deb', ['-c', file]).toString();
    expect(list).toMatch(/-rwxr-xr-x root\/root +10 .* \.\/usr\/bin\/ppuri/);
    execFileSync('dpkg-deb', ['-R', file, join(dir, 'all')]);
    expect(readFileSync(join(dir, 'all/DEBIAN/conffiles'), 'utf8')).toBe('/etc/ppuri/ppuri.yaml\n');
    expect(readFileSync(join(dir, 'all/DEBIAN/md5sums'), 'utf8')).not.toContain('ppuri.yaml');
  });

  test('has the same bytes each time', () => {
    expect(deb().equals(deb())).toBe(true);
  });
});
