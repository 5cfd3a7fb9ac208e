import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf } from '../import-scanner.ts';
import { checkImports, readSources } from '../layout.ts';

const root = path.join(import.meta.dirname, '../..');
const check = (files: Record<string, string>): string[] =>
  checkImports(new Map(Object.entries(files))).map(
    ({ file, line, problem }) => `${file}:${line} ${problem}`,
  );

describe('the tree', () => {
  test('imports only in the allowed direction, without loops', () => {
    const found = checkImports(readSources(root));
    expect(found.map(({ file, line, problem }) => `${file}:${line} ${problem}`)).toEqual([]);
  });

  test('is really read', () => {
    const files = readSources(root);
    expect(files.get('agent/ppuri.js')).toContain('main.ts');
    expect(importsOf(files.get('agent/main.ts') ?? '').length).toBeGreaterThan(2);
  });
});

describe('the scanner', () => {
  const specifiers = (source: string): (string | null)[] =>
    importsOf(source).map(({ specifier }) => specifier);

  test.each([
    ["import { a } from './a.ts';", ['./a.ts']],
    ["import type { A } from './a.ts';", ['./a.ts']],
    ["import a, { type B,\n  c as d } from './a.ts';", ['./a.ts']],
    ["import * as a from './a.ts'", ['./a.ts']],
    ["import './a.ts';", ['./a.ts']],
    ["export * from './a.ts'; export { b } from './b.ts';", ['./a.ts', './b.ts']],
    ["export type { A } from './a.ts';", ['./a.ts']],
    ["const a = await import('./a.ts');", ['./a.ts']],
    ['const a = await import(`./a.ts`);', ['./a.ts']],
    ["type A = import('./a.ts').A;", ['./a.ts']],
    ["const a = require('serialport');", ['serialport']],
    [`const a = \`\${(await import("./a.ts")).b}\`;`, ['./a.ts']],
    ['const a = await import(name);', [null]],
  ])('sees %s', (source, expected) => {
    expect(specifiers(source)).toEqual(expected);
  });

  test.each([
    ["// import './a.ts'"],
    ["/* import './a.ts' */"],
    ['const text = "import \'./a.ts\'";'],
    ["const text = `import './a.ts'`;"],
    ["const url = import.meta.resolve('./a.ts');"],
    ["export const from = './a.ts';"],
    ["const quote = /['\"`]/; const x = a / b; // import './a.ts'"],
    [`const a = \`\${b ? \`\${c}\` : '\`'} import './a.ts'\`;`],
  ])('does not see %s', (source) => {
    expect(specifiers(source)).toEqual([]);
  });

  test('goes on after a regular expression that holds a quote, and counts lines', () => {
    const source = "const a = x.replace(/[/'\"]/g, '');\nconst b = `\n`;\nimport './b.ts';";
    expect(importsOf(source)).toEqual([{ specifier: './b.ts', line: 4 }]);
  });
});

describe('a planted violation is found', () => {
  test('drivers, models and config import nothing of the agent or of each other', () => {
    expect(check({ 'drivers/bus.ts': "import '../agent/records.ts';" })).toEqual([
      'drivers/bus.ts:1 drivers/ imports nothing of agent/records.ts',
    ]);
    expect(check({ 'models/a.ts': "\nexport * from '../config/schema.ts';" })).toEqual([
      'models/a.ts:2 models/ imports nothing of config',
    ]);
    expect(check({ 'models/a.ts': "import '../config/errors.ts';" })).toEqual([]);
  });

  test('rooms of the agent meet only where they are connected', () => {
    const source = "const s = await import('../store/child.ts');";
    expect(check({ 'agent/verdict/a.ts': source })).toEqual([
      'agent/verdict/a.ts:1 agent/verdict may not import agent/store/child.ts; connect rooms in agent/wire.ts',
    ]);
    expect(check({ 'agent/cli/a.ts': source })).toEqual([]);
    expect(check({ 'agent/wire.ts': "import './store/child.ts';" })).toEqual([]);
    expect(check({ 'agent/verdict/a.ts': "import '../wire.ts';" })).toHaveLength(1);
    expect(check({ 'agent/records.ts': "import './store/child.ts';" })).toHaveLength(1);
  });

  test('a room imports the shared words, the log and what is below', () => {
    const source =
      "import '../records.ts'; import type { Log } from '../health/log.ts'; import '../../models/manifest.ts';";
    expect(check({ 'agent/infer/a.ts': source })).toEqual([]);
    expect(check({ 'agent/infer/a.ts': "import '../health/doctor.ts';" })).toHaveLength(1);
  });

  test('an addon is imported by its own room only, and never a worker', () => {
    expect(check({ 'agent/wire.ts': "import Database from 'better-sqlite3';" })).toHaveLength(1);
    expect(check({ 'agent/store/a.ts': "import Database from 'better-sqlite3';" })).toEqual([]);
    expect(check({ 'agent/cycles/a.ts': "await import('onnxruntime-node');" })).toHaveLength(1);
    expect(check({ 'agent/infer/a.ts': "import { Worker } from 'node:worker_threads';" })).toEqual([
      'agent/infer/a.ts:1 addons abort in worker threads; fork a role instead',
    ]);
  });

  test('imports in a circle, tests in the product, and computed imports', () => {
    expect(
      check({
        'drivers/a.ts': "import './b.ts';",
        'drivers/b.ts': "import type { A } from './a.ts';",
      }),
    ).toEqual(['drivers/b.ts:1 imports in a circle: drivers/a.ts → drivers/b.ts → drivers/a.ts']);
    expect(check({ 'agent/wire.ts': "import '../test/layout.ts';" })).toHaveLength(1);
    expect(check({ 'agent/infer/a.ts': 'await import(name);' })).toHaveLength(1);
  });
});
