/** An installation without a package manager, in the directory of another system. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  copyInPlace,
  installedFiles,
  isToCopy,
  removeFiles,
} from '../../agent/cli/install-steps.ts';

const source = join(import.meta.dirname, '../..');
let root = '';
let files: ReturnType<typeof installedFiles> = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ppuri-install-'));
  writeFileSync(join(root, 'program'), '#!/bin/sh\n');
  files = installedFiles(join(root, 'program'), source);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function install(): void {
  for (const file of files) if (isToCopy(file, root)) copyInPlace(file, root);
}

test('puts every file where the package has it, the program to be run', () => {
  install();
  for (const { to, mode } of files) expect(statSync(join(root, to)).mode & 0o777).toBe(mode);
  expect(statSync(join(root, 'usr/bin/ppuri')).mode & 0o111).toBe(0o111);
  expect(readFileSync(join(root, 'usr/lib/systemd/system/ppuri.service'), 'utf8')).toContain(
    'ExecStart=/var/lib/ppuri-versions/current run -c /etc/ppuri/ppuri.yaml',
  );
  expect(readdirSync(join(root, 'usr/bin'))).toEqual(['ppuri']);
});

test('done again takes the newer program and leaves the configuration', () => {
  install();
  writeFileSync(join(root, 'etc/ppuri/ppuri.yaml'), 'mine');
  writeFileSync(join(root, 'program'), 'newer');
  install();
  expect(readFileSync(join(root, 'etc/ppuri/ppuri.yaml'), 'utf8')).toBe('mine');
  expect(readFileSync(join(root, 'usr/bin/ppuri'), 'utf8')).toBe('newer');
});

test('the installed program does not copy itself over itself', () => {
  install();
  const again = installedFiles(join(root, 'usr/bin/ppuri'), source);
  expect(again.filter((file) => isToCopy(file, root))).toHaveLength(again.length - 2);
});

test('taking it away leaves the configuration and what others put there', () => {
  install();
  mkdirSync(join(root, 'var/lib/ppuri'), { recursive: true });
  writeFileSync(join(root, 'etc/ppuri/mqtt-password'), 'secret');
  const gone = removeFiles(files, false, root);
  expect(gone).toHaveLength(files.length - 1);
  for (const path of gone) expect(existsSync(join(root, path))).toBe(false);
  expect(readdirSync(join(root, 'etc/ppuri')).sort()).toEqual(['mqtt-password', 'ppuri.yaml']);
  expect(removeFiles(files, true, root)).toEqual(['/etc/ppuri/ppuri.yaml']);
});
