/** `npm run check`: everything about the source that needs no test run, in parallel. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkImports, readSources } from './layout.ts';

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

const root = path.join(import.meta.dirname, '..');
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

/** Runs one program of the toolchain on this Node; its output is the explanation when it fails. */
function run(name: string, args: readonly string[]): Promise<Result> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const finish = (ok: boolean): void =>
      resolve({ name, ok, output, seconds: (performance.now() - started) / 1000 });
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

function layout(): Result {
  const started = performance.now();
  const found = checkImports(readSources(root));
  const output = found.map(({ file, line, problem }) => `${file}:${line} ${problem}\n`).join('');
  const seconds = (performance.now() - started) / 1000;
  return { name: 'import direction', ok: found.length === 0, output, seconds };
}

/** Rules for people that no linter rule covers. */
function house(): Result {
  const started = performance.now();
  const banned = new RegExp(`@ts-(?:ignore|expect-error|nocheck)|${'biome'}-ignore`);
  const found = [...readSources(root)].flatMap(([file, source]) =>
    source
      .split('\n')
      .flatMap((text, index) =>
        banned.test(text) && file !== 'test/check.ts'
          ? [`${file}:${index + 1} ${text.trim()}\n`]
          : [],
      ),
  );
  const seconds = (performance.now() - started) / 1000;
  return { name: 'no silenced rules', ok: found.length === 0, output: found.join(''), seconds };
}

function report({ name, ok, output, seconds }: Result): void {
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)\n`);
  if (!ok) process.stdout.write(`${output.trimEnd().replace(/^/gm, '     ')}\n`);
}

const jobs: Promise<Result>[] = [
  run('types', [bin('tsc'), '--pretty', 'false']),
  run('types of the panel', [bin('tsc'), '-p', 'agent/panel/web', '--pretty', 'false']),
  run('panel bundle', ['agent/panel/build-pages.ts', '--check']),
  run('lint and format', [bin('biome'), 'ci', '--colors=off', '--error-on-warnings', '.']),
  ...(existsSync(path.join(root, 'config/generate.ts'))
    ? [run('generated files', ['config/generate.ts', '--check'])]
    : []),
  run('manual', ['agent/build-manual.ts', '--check']),
  run('tables of the peers', ['bench/peers/publish.ts', '--check']),
  Promise.resolve(layout()),
  Promise.resolve(house()),
];
for (const job of jobs) void job.then(report);
const results = await Promise.all(jobs);
const failed = results.filter(({ ok }) => !ok);
process.stdout.write(`${results.length - failed.length} checks ok, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
