/** Bundles are verified in a child of their own: real children, real and hostile files. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BundleReader } from '../../agent/bundle-reader.ts';
import { forkRole } from '../../agent/role.ts';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import { sumsOf } from '../../models/bundle-files.ts';
import { findBundle } from '../../models/find-bundle.ts';
import { AttributeProtoSchema } from '../../models/onnx/generated/onnx_pb.ts';
import { scoreParts, scratchDir } from './models-support.ts';

let reader: BundleReader | null = null;
const pids: number[] = [];

function start(): BundleReader {
  reader = new BundleReader((role, options) => {
    const child = forkRole(role, options);
    pids.push(child.pid ?? 0);
    return child;
  }, null);
  return reader;
}

afterEach(() => {
  reader?.close();
  pids.length = 0;
});

test('a bundle comes through as it is read here, and one child reads several', async () => {
  const bundles = start();
  const places = await Promise.all(
    ['diecast-defect', 'injection-defect'].map((name) => findBundle(name)),
  );
  const read = await Promise.all(places.map(({ dir }) => bundles.read(dir)));
  expect(read).toEqual(await Promise.all(places.map(({ dir }) => readBundle(dir))));
  expect(pids).toHaveLength(1);
});

test('a refusal comes through with its code and what to do', async () => {
  await using scratch = await scratchDir();
  const dir = join(scratch.path, 'x');
  await writeBundle(dir, scoreParts());
  await appendFile(join(dir, 'model.onnx'), 'x');
  await expect(start().read(dir)).rejects.toMatchObject({
    code: 'model-invalid',
    message: 'model.onnx differs from its sum in SHA256SUMS',
    hint: expect.stringContaining('copy the bundle again'),
  });
});

test('a file that takes its reader’s memory is a refusal, and the next one is read', async () => {
  await using scratch = await scratchDir();
  const bundles = start();
  const { dir: good } = await findBundle('diecast-defect');
  const dir = join(scratch.path, 'x');
  await writeBundle(dir, scoreParts());
  // 31 Mi numbers of one byte each: a small file to send, gigabytes as numbers.
  const ints = Buffer.alloc(31 * 1024 * 1024, 1);
  const field = (number: number, bytes: Buffer): Buffer => {
    const head: number[] = [(number << 3) | 2];
    for (let left = bytes.length; ; left = Math.floor(left / 128)) {
      head.push(left > 127 ? (left % 128) | 128 : left);
      if (left <= 127) break;
    }
    return Buffer.concat([Buffer.from(head), bytes]);
  };
  const [attributes, nodes, graph] = [5, 1, 7];
  const numbers = AttributeProtoSchema.fields.find(({ name }) => name === 'ints')?.number ?? 0;
  const model = field(graph, field(nodes, field(attributes, field(numbers, ints))));
  const manifest = await readFile(join(dir, 'model.yaml'));
  const golden = await readFile(join(dir, 'golden.json'));
  const files = { 'model.onnx': model, 'model.yaml': manifest, 'golden.json': golden };
  await writeFile(join(dir, 'model.onnx'), model);
  await writeFile(join(dir, 'SHA256SUMS'), sumsOf(files));
  await expect(bundles.read(dir)).rejects.toThrow('reading it took its process down');
  expect((await bundles.read(good)).manifest.name).toBe('diecast-defect');
});

test('what is asked while the agent ends is refused', async () => {
  const bundles = start();
  const { dir } = await findBundle('diecast-defect');
  bundles.close();
  await expect(bundles.read(dir)).rejects.toMatchObject({ code: 'model-invalid' });
});
