import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import {
  copyBundle,
  findBundle,
  listBundles,
  readBundle,
  writeBundle,
} from '../../models/bundle.ts';
import { compareVersions } from '../../models/find-bundle.ts';
import { scoreManifest, scoreParts, scratchDir } from './models-support.ts';

async function refusal(work: Promise<unknown>): Promise<PpuriError> {
  const thrown = await work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof PpuriError)) throw thrown;
  expect(thrown.code).toBe('model-invalid');
  expect(thrown.hint).not.toBe('');
  return thrown;
}

/** Changes a file of the bundle and its sum with it, as a careful forger would. */
async function resum(dir: string, name: string, content: string): Promise<void> {
  const before = createHash('sha256')
    .update(await readFile(join(dir, name)))
    .digest('hex');
  await writeFile(join(dir, name), content);
  const sums = await readFile(join(dir, 'SHA256SUMS'), 'utf8');
  const after = createHash('sha256').update(content).digest('hex');
  await writeFile(join(dir, 'SHA256SUMS'), sums.replace(before, after));
}

describe('a bundle', () => {
  test('is read as it was written', async () => {
    await using scratch = await scratchDir();
    const dir = join(scratch.path, 'deep', 'two-sums');
    const parts = scoreParts();
    const written = await writeBundle(dir, parts);
    const read = await readBundle(dir);
    expect(read).toEqual(written);
    expect(read.manifest).toEqual(parts.manifest);
    expect(read.golden).toEqual(parts.golden);
    const bytes = await readFile(read.modelPath);
    expect(read.hash).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('is copied byte for byte', async () => {
    await using scratch = await scratchDir();
    const [from, to] = [join(scratch.path, 'a'), join(scratch.path, 'b')];
    await writeBundle(from, scoreParts());
    await writeFile(join(from, 'bundle.sig'), 'signature');
    await copyBundle(from, to);
    for (const name of await readdir(from))
      expect(await readFile(join(to, name))).toEqual(await readFile(join(from, name)));
  });

  test('that is refused leaves nothing behind', async () => {
    await using scratch = await scratchDir();
    const dir = join(scratch.path, 'x');
    const prove = () => Promise.reject(new PpuriError('model-golden-mismatch', 'no', noDetails));
    await expect(writeBundle(dir, scoreParts(), { prove })).rejects.toThrow('no');
    expect(await readdir(scratch.path)).toEqual([]);
    await writeBundle(dir, scoreParts());
    expect((await refusal(writeBundle(dir, scoreParts()))).message).toMatch(/exists already/);
  });

  test('with several faults is refused with all of them', async () => {
    await using scratch = await scratchDir();
    const parts = scoreParts({
      input: { name: 'y', dtype: 'float32' },
      output: { name: 'scores', kind: 'score', defectColumns: [] },
      version: '../1',
      features: [...scoreManifest.features, ...scoreManifest.features.slice(0, 1)],
    });
    const { message } = await refusal(writeBundle(join(scratch.path, 'x'), parts));
    for (const part of ['input.name', 'output.name', 'version', 'features: name "melt" twice'])
      expect(message).toContain(part);
    expect(message).toContain('vectors.0: 2 inputs for 3 features');
  });
});

const noDetails = { operation: 'test', subject: 'test' };

describe('readBundle refuses', () => {
  const harms: Readonly<Record<string, [(dir: string) => Promise<unknown>, RegExp]>> = {
    'a changed model': [(dir) => appendFile(join(dir, 'model.onnx'), 'x'), /model.onnx differs/],
    'a changed threshold': [
      (dir) => appendFile(join(dir, 'model.yaml'), 'threshold: 2\n'),
      /model.yaml differs/,
    ],
    'an extra file': [(dir) => writeFile(join(dir, 'run.sh'), ''), /run.sh is not listed/],
    'a missing file': [(dir) => rm(join(dir, 'golden.json')), /golden.json is listed .* missing/],
    'no sums': [(dir) => rm(join(dir, 'SHA256SUMS')), /no SHA256SUMS/],
    'a folder inside': [(dir) => mkdir(join(dir, 'more')), /more is a folder/],
    'a link inside': [
      (dir) => symlink('/etc/hostname', join(dir, 'extra')),
      /extra is a symbolic link/,
    ],
    'a path in the sums': [
      (dir) => appendFile(join(dir, 'SHA256SUMS'), `${'0'.repeat(64)}  ../../etc/passwd\n`),
      /line 4: "\.\.\/\.\.\/etc\/passwd" is no allowed file name/,
    ],
    'sums of the sums': [
      (dir) => appendFile(join(dir, 'SHA256SUMS'), `${'0'.repeat(64)}  SHA256SUMS\n`),
      /no allowed file name/,
    ],
    'a file listed twice': [
      (dir) => appendFile(join(dir, 'SHA256SUMS'), `${'0'.repeat(64)}  model.onnx\n`),
      /listed twice/,
    ],
    'a sums line that is none': [
      (dir) => appendFile(join(dir, 'SHA256SUMS'), 'hello\n'),
      /line 4 is not/,
    ],
    'a manifest with unknown keys': [
      (dir) => resum(dir, 'model.yaml', 'format: 2\nnmae: x\n'),
      /format.*\n.*name/s,
    ],
    'YAML that repeats a key': [
      (dir) => resum(dir, 'model.yaml', 'format: 1\nformat: 1\n'),
      /model.yaml: .*unique/,
    ],
    'YAML that unfolds without end': [
      (dir) => resum(dir, 'model.yaml', 'a: &a [1]\nb: [*a, *a]\n'),
      /model.yaml/,
    ],
    'golden vectors that are no JSON': [
      (dir) => resum(dir, 'golden.json', '{"vectors": ['),
      /golden.json/,
    ],
    'a file that is a giant on paper': [
      (dir) => truncate(join(dir, 'golden.json'), 2 ** 40),
      /golden.json: it has 1048576.0 MiB, more than the 64.0 MiB allowed/,
    ],
    'a model that is none': [(dir) => resum(dir, 'model.onnx', 'MZ'), /not a readable ONNX/],
  };

  test.each(Object.entries(harms))('%s', async (_, [harm, message]) => {
    await using scratch = await scratchDir();
    const dir = join(scratch.path, 'x');
    await writeBundle(dir, scoreParts());
    await harm(dir);
    expect((await refusal(readBundle(dir))).message).toMatch(message);
  });
});

describe('findBundle', () => {
  test('prefers the active version, then the newest added, then the shipped one', async () => {
    await using scratch = await scratchDir();
    const [storePath, shippedPath] = [join(scratch.path, 'store'), join(scratch.path, 'shipped')];
    const options = { storePath, shippedPath };
    await writeBundle(join(shippedPath, 'two-sums'), scoreParts());
    expect((await findBundle('two-sums', options)).origin).toBe('shipped');
    for (const version of ['1.2.0', '1.10.0', '1.9.3']) {
      const dir = join(storePath, 'models', 'two-sums', version);
      await writeBundle(dir, scoreParts({ version }));
    }
    expect((await findBundle('two-sums', options)).version).toBe('1.10.0');
    expect((await findBundle('two-sums@1.9.3', options)).version).toBe('1.9.3');
    const active = await findBundle('two-sums', { ...options, activeVersion: '1.2.0' });
    expect(active.version).toBe('1.2.0');
    expect((await listBundles(options)).map(({ version }) => version)).toEqual([
      '1.10.0',
      '1.9.3',
      '1.2.0',
      null,
    ]);
    expect((await refusal(findBundle('two-sum', options))).hint).toMatch(/"two-sums"/);
    expect((await refusal(findBundle('two-sums@7', options))).hint).toBe(
      'there are: 1.10.0, 1.9.3, 1.2.0, 1.0.0 (shipped)',
    );
    expect((await findBundle('two-sums@1.0.0', options)).origin).toBe('shipped');
  });

  test('takes what looks like a path for a path', async () => {
    expect(await findBundle('./here')).toMatchObject({ origin: 'path' });
    expect(await findBundle('/opt/model')).toMatchObject({ dir: '/opt/model', origin: 'path' });
  });

  test('orders versions by number, a release after its candidates', () => {
    const versions = ['1.0.0', '1.0.0-rc2', '0.9.12', '1.0.0-rc10', '2.0'];
    expect(versions.sort(compareVersions)).toEqual([
      '0.9.12',
      '1.0.0-rc2',
      '1.0.0-rc10',
      '1.0.0',
      '2.0',
    ]);
  });
});

test.each(['diecast-defect', 'injection-defect'])('the shipped %s is sound', async (name) => {
  const place = await findBundle(name);
  const { manifest, golden } = await readBundle(place.dir);
  expect(manifest.name).toBe(name);
  expect(golden.vectors.length).toBeGreaterThanOrEqual(20);
  expect(golden.vectors.some(({ inputs }) => inputs.includes(null))).toBe(true);
  expect(manifest.metrics).toMatchObject({ separatePeriod: { auc: expect.any(Number) } });
});
