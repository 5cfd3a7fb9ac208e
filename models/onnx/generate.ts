/**
 * Makes generated/ from proto/onnx.proto with buf and protoc-gen-es, both from node_modules.
 * `node models/onnx/generate.ts` writes; with `--check` it only fails when the code is stale.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const output = join('generated', 'onnx_pb.ts');

async function generate(into: string): Promise<void> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  await promisify(execFile)(join(bin, 'buf'), ['generate', '-o', into], { cwd: here, env });
}

async function isCurrent(): Promise<boolean> {
  const scratch = await mkdtemp(join(tmpdir(), 'ppuri-onnx-'));
  try {
    await generate(scratch);
    const [fresh, kept] = await Promise.all(
      [join(scratch, output), join(here, output)].map((path) => readFile(path, 'utf8')),
    );
    return fresh === kept;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

if (!process.argv.includes('--check')) {
  await generate(here);
} else if (!(await isCurrent())) {
  process.stderr.write('models/onnx/generated is stale: run `node models/onnx/generate.ts`\n');
  process.exitCode = 1;
}
