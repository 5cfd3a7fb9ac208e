import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leanNode } from '../../config/lean-node.ts';

const root = path.join(import.meta.dirname, '../..');

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'ppuri-launcher-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd = root) {
  const env = { PATH: process.env.PATH, HOME: dir };
  return spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 30_000 });
}

/** A Node on PATH that is too old for the addons, or null. */
function oldNode(): string | null {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const node = path.join(folder, 'node');
    if (!existsSync(node)) continue;
    const { status, stdout } = run(node, ['-p', 'process.versions.napi']);
    if (status === 0 && Number(stdout) < 10) return node;
  }
  return null;
}

const entries = ['agent/ppuri.js', 'agent/node-check.js'];

describe('a Node that is too old', () => {
  test.for(entries)('%s says what to do and exits 3', (entry, { skip }) => {
    const node = oldNode();
    if (node === null) return skip('needs a Node older than 22.14 on PATH');
    const { status, stdout, stderr } = run(node, [entry, 'doctor']);
    expect(stderr).toContain('Node 22.14 이상이 필요합니다');
    expect(stderr).toContain('ppuri needs Node 22.14 or newer');
    expect(stderr).toContain('npm start');
    expect(stdout).toBe('');
    expect(status).toBe(3);
  });

  test('one without N-API 10, pretended by a mock', () => {
    const preload = path.join(dir, 'pretend.mjs');
    const versions = "{ value: { ...process.versions, napi: '9' } }";
    writeFileSync(preload, `Object.defineProperty(process, 'versions', ${versions});`);
    const { status, stderr } = run(process.execPath, ['--import', preload, 'agent/ppuri.js']);
    expect(stderr).toContain('Node 22.14 or newer');
    expect(status).toBe(3);
  });

  test('one that does not strip types', () => {
    const { status, stderr } = run(process.execPath, ['--no-strip-types', 'agent/ppuri.js']);
    expect(stderr).toContain('use 22.18 or newer');
    expect(status).toBe(3);
  });
});

describe('packages that are not installed', () => {
  test('the launcher says to install them and exits 3', () => {
    const bare = mkdtempSync(path.join(dir, 'bare-'));
    for (const file of entries) cpSync(path.join(root, file), path.join(bare, file));
    cpSync(path.join(root, 'package.json'), path.join(bare, 'package.json'));
    const { status, stderr } = run(process.execPath, ['agent/ppuri.js'], bare);
    expect(stderr).toContain('npm ci');
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(3);
  });
});

describe('npm scripts', () => {
  const { scripts, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

  test.each(Object.entries<string>(scripts))(
    '%s is checked before anything loads',
    (_name, line) => {
      const plain = line.replace(/^exec /, '').replace(`${leanNode.join(' ')} `, '');
      expect(plain).toMatch(/^node agent\/(?:ppuri\.js|node-check\.js &&)/);
    },
  );

  test('the program that npx starts is the launcher, executable', () => {
    expect(bin).toEqual({ ppuri: 'agent/ppuri.js' });
    const { status, stdout } = run(path.join(root, bin.ppuri), ['doctor', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('ppuri doctor');
    expect(readFileSync(path.join(root, bin.ppuri), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe('npm test', () => {
  function suite(source: string): ReturnType<typeof run> {
    const project = mkdtempSync(path.join(dir, 'suite-'));
    symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
    writeFileSync(
      path.join(project, 'a.test.mjs'),
      `import { expect, test } from 'vitest';\n${source}`,
    );
    return run(process.execPath, [path.join(root, 'test/run.ts'), '--root', project], project);
  }
  const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

  test('ends with the counts alone on the last line, after what was left out and why', () => {
    const { status, stdout } = suite(`
      test('a', () => {});
      test('b', ({ skip }) => skip('needs socat'));`);
    expect(stdout).toContain('left out: 1 of a.test.mjs: needs socat\n');
    expect(lastLine(stdout)).toBe('1 passed, 0 failed, 1 skipped');
    expect(status).toBe(0);
  });

  test('fails when a test fails, when a file does not load, and when nothing ran', () => {
    const failing = suite("test('a', () => expect(1).toBe(2));");
    expect(lastLine(failing.stdout)).toBe('0 passed, 1 failed, 0 skipped');
    expect(failing.status).toBe(1);
    const broken = suite("throw new Error('at load');");
    expect(lastLine(broken.stdout)).toBe('0 passed, 1 failed, 0 skipped');
    expect(broken.status).toBe(1);
    const none = suite("test.skip('a', () => {});");
    expect(lastLine(none.stdout)).toBe('0 passed, 0 failed, 1 skipped');
    expect(none.status).toBe(1);
  });
});
