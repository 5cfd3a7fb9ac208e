/** Pipes, devices and oversized files where a file is expected: refused at once, by what they are. */
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addModelBundle } from '../../agent/cli/model-add.ts';
import { inspectModel } from '../../agent/cli/model-inspect.ts';
import { loadConfig } from '../../config/load.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import { readTable } from '../../models/table.ts';
import { onnxBytes, scoreGraph, scoreParts, scratchDir } from './models-support.ts';

const noProof = (): Promise<void> => Promise.resolve();

async function makeSpecial(dir: string, kind: string, name: string): Promise<string> {
  const path = join(dir, name);
  if (kind === 'a named pipe') execFileSync('mkfifo', [path]);
  else if (kind === 'a device') await symlink('/dev/zero', path);
  else await mkdir(path);
  return path;
}

describe.each(['a named pipe', 'a device'])('%s', (kind) => {
  test.each([
    ['a model', 'zero.onnx', 'model-invalid', inspectModel],
    ['a CSV', 'log.csv', 'csv-invalid', readTable],
    ['a profile', 'p.yaml', 'profile-invalid', async (path: string) => loadProfile(path)],
    ['a configuration', 'c.yaml', 'config-unreadable', async (path: string) => loadConfig(path)],
  ])('in place of %s', async (_, name, code, read) => {
    await using scratch = await scratchDir();
    const path = await makeSpecial(scratch.path, kind, name);
    await expect(read(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`it is ${kind}, not a regular file`),
    });
  });

  test('in place of what describes a model', async () => {
    await using scratch = await scratchDir();
    const model = join(scratch.path, 'm.onnx');
    await writeFile(model, onnxBytes(scoreGraph()));
    const side = await makeSpecial(scratch.path, kind, 'side.json');
    for (const options of [{ describe: side }, { golden: side }])
      await expect(
        addModelBundle(model, { ...options, store: scratch.path }, noProof),
      ).rejects.toMatchObject({ code: 'model-invalid', message: expect.stringContaining(kind) });
  });

  test('in a bundle', async () => {
    await using scratch = await scratchDir();
    const dir = join(scratch.path, 'bundle');
    await writeBundle(dir, scoreParts());
    await makeSpecial(dir, kind, 'extra.bin');
    const what = kind === 'a device' ? 'a symbolic link' : kind;
    await expect(readBundle(dir)).rejects.toThrow(`extra.bin is ${what}`);
  });
});

test.each([
  ['model.onnx', 40, 'model-invalid', 'smaller model', inspectModel],
  ['log.csv', 3000, 'csv-invalid', 'split the file', readTable],
] as const)('%s of %d MiB is not read', async (name, size, code, hint, read) => {
  await using scratch = await scratchDir();
  const path = join(scratch.path, name);
  await writeFile(path, '');
  await truncate(path, size * 1024 * 1024);
  await expect(read(path)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${size}.0 MiB`),
    hint: expect.stringContaining(hint),
  });
});

test('a folder in place of a CSV, and a folder without a model', async () => {
  await using scratch = await scratchDir();
  await expect(readTable(scratch.path)).rejects.toThrow('it is a folder');
  await expect(inspectModel(scratch.path)).rejects.toThrow('no model.onnx in this folder');
});
