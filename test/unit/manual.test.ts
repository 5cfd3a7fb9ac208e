/** The manual and the completion against the command line that they are made of. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandTree, everyCommand } from '../../agent/cli/command-tree.ts';
import { fishScript } from '../../agent/cli/completion-fish.ts';
import { bashScript, zshScript } from '../../agent/cli/completion-shell.ts';
import { manPage } from '../../agent/cli/man-page.ts';
import { createProgram } from '../../agent/cli/program.ts';
import { errorTable } from '../../config/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { hasProgram } from '../fixtures/programs.ts';

const file = fileURLToPath(new URL('../../config/install/ppuri.1', import.meta.url));
const tree = commandTree(createProgram());
const page = manPage(tree, packageJson.version);
/** As a reader has it, without what troff needs. */
const read = page.replaceAll('\\-', '-').replaceAll('\\&', '').replaceAll('\\e', '\\');

describe('the manual', () => {
  test('is current', () => expect(readFileSync(file, 'utf8')).toBe(page));

  test('has every command, option and error', () => {
    for (const { path, options, commands } of everyCommand(tree).slice(1)) {
      if (commands.length > 0 && options.length === 1) continue;
      const at = read.indexOf(`.SS "ppuri ${path}"`);
      expect(at, path).toBeGreaterThan(-1);
      for (const { flags } of options)
        expect(read.indexOf(flags, at), `${path} ${flags}`).toBeGreaterThan(at);
    }
    for (const code of Object.keys(errorTable)) expect(read).toContain(code);
  });

  test('keeps what --help says, line by line', () => {
    const { notes } = everyCommand(tree).find(({ path }) => path === 'init') ?? { notes: '' };
    expect(notes).toContain('Examples:');
    expect(read).toContain(notes);
  });

  test.skipIf(!hasProgram('mandoc'))('is sound to mandoc', () => {
    const { status, stdout } = spawnSync('mandoc', ['-Tlint', '-Wunsupp', file], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, '']);
  });

  test.skipIf(!hasProgram('man'))('is set by man without a warning', () => {
    const set = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', file], {
      ...{ encoding: 'utf8', env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' } },
    });
    expect([set.status, set.stderr]).toEqual([0, '']);
    expect(set.stdout).toContain('3호기');
  });
});

test('completions name every command and option, and no hidden one', () => {
  const scripts = [bashScript(tree), zshScript(tree), fishScript(tree)];
  for (const script of scripts) {
    for (const { path, options } of everyCommand(tree)) {
      expect(script).toContain(path);
      for (const { names } of options)
        for (const name of names) expect(script, name).toContain(name.replace(/^-+/, ''));
    }
    expect(script).not.toContain('words of the site\t');
  }
  execFileSync('bash', ['-n'], { input: scripts[0] });
});

test('options that name a thing of the site are completed as that, in every command', () => {
  const kinds = everyCommand(tree).flatMap(({ options }) =>
    options.flatMap(({ names, values }) => names.map((name) => `${name} ${values?.kind}`)),
  );
  const of = (name: string) => [...new Set(kinds.filter((one) => one.startsWith(`${name} `)))];
  expect(of('--machine')).toEqual(['--machine machine']);
  expect(of('--profile')).toEqual(['--profile profile']);
  expect(of('--config')).toEqual(['--config file']);
  expect(of('--lang')).toEqual(['--lang choices']);
  expect(of('--store')).toEqual(['--store dir']);
});

test('what the manual says does not depend on who makes it', () => {
  const env = { ...process.env, LC_ALL: 'ko_KR.UTF-8', COLUMNS: '40', HOME: '/nonexistent' };
  execFileSync(process.execPath, ['agent/build-manual.ts', '--check'], {
    ...{ cwd: fileURLToPath(new URL('../..', import.meta.url)), env },
  });
});
