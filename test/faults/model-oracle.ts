/**
 * Says of a bundle that was activated whether it may have been, without any of ppuri's own code:
 * every file summed, the sums signed by the trusted key, and the golden rows true of the model.
 */
import { fork } from 'node:child_process';
import { createHash, type KeyObject, verify } from 'node:crypto';
import { parse } from 'yaml';
import type { Files } from './model-damage.ts';
import type { OracleRequest } from './model-oracle-child.ts';

interface Manifest {
  readonly input: { readonly name: string };
  readonly output: { readonly name: string };
  readonly serial?: number;
  readonly features: readonly { readonly missing?: 'nan' | 'refuse' | number }[];
}

type Row = readonly (number | null)[];

/** Null: rightly activated; otherwise why not. `modelPath`: where its model lies. */
export async function wronglyActivated(
  files: Files,
  modelPath: string,
  trusted: { readonly id: string; readonly key: KeyObject; readonly floor: number },
): Promise<string | null> {
  const sums = files.get('SHA256SUMS') ?? Buffer.alloc(0);
  const listed = new Map(
    `${sums}`
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [[line.slice(66), line.slice(0, 64)]])),
  );
  for (const [name, bytes] of files) {
    if (name === 'SHA256SUMS' || name === 'bundle.sig') continue;
    if (listed.get(name) !== createHash('sha256').update(bytes).digest('hex'))
      return `sum of ${name}`;
    listed.delete(name);
  }
  if (listed.size > 0) return `${[...listed.keys()]} missing`;
  const seal = JSON.parse(`${files.get('bundle.sig') ?? 'null'}`);
  if (seal?.key !== trusted.id) return 'not signed by the trusted key';
  if (!verify(null, sums, trusted.key, Buffer.from(seal.signature, 'base64'))) return 'signature';
  const manifest: Manifest = parse(`${files.get('model.yaml')}`);
  if ((manifest.serial ?? 0) < trusted.floor) return `serial ${manifest.serial}`;
  return goldenFault(files, manifest, modelPath);
}

async function goldenFault(
  files: Files,
  manifest: Manifest,
  modelPath: string,
): Promise<string | null> {
  const golden: { tolerance?: number; vectors: { inputs: Row; outputs: number[] }[] } = JSON.parse(
    `${files.get('golden.json')}`,
  );
  const tolerance = golden.tolerance ?? 1e-5;
  if (tolerance > 0.01) return `tolerance ${tolerance}`;
  if (golden.vectors.length === 0) return 'no golden rows';
  const rows = golden.vectors.map(({ inputs }) => encode(inputs, manifest));
  const answers = await answersOf(modelPath, manifest, rows);
  if (typeof answers === 'string') return answers;
  for (const [at, { outputs }] of golden.vectors.entries())
    for (const [column, want] of outputs.entries()) {
      const got = answers[at]?.[column] ?? Number.NaN;
      if (!(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want))))
        return `golden row ${at}: ${got}, not ${want}`;
    }
  return null;
}

function encode(inputs: Row, { features }: Manifest): Float32Array {
  return Float32Array.from(inputs, (value, at) => {
    const missing = features[at]?.missing ?? 'refuse';
    return value ?? (typeof missing === 'number' ? missing : Number.NaN);
  });
}

/** What the model gives for these rows; a text: why it gives nothing. */
export function answersOf(
  path: string,
  manifest: Pick<Manifest, 'input' | 'output'>,
  rows: readonly Float32Array[],
): Promise<number[][] | string> {
  const child = fork(new URL('./model-oracle-child.ts', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { promise, resolve } = Promise.withResolvers<number[][] | string>();
  const timer = setTimeout(() => resolve('no answer within 20 s'), 20_000);
  child.once('message', (answer: number[][] | string) => resolve(answer));
  child.once('exit', (code, signal) => resolve(`ended with ${signal ?? code}`));
  const request: OracleRequest = {
    path,
    input: manifest.input.name,
    output: manifest.output.name,
    rows,
  };
  child.send(request);
  return promise.finally(() => {
    clearTimeout(timer);
    child.kill('SIGKILL');
  });
}
