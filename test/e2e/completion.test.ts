/** What `ppuri completion` prints, loaded by real shells at a pseudo terminal and used with the tab key. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../fixtures/programs.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { run } from './program.ts';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));
const clearLine = '\u0015';
let dir = '';

/** A directory with a configuration, and with `ppuri` as a command of its own. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-completion-'));
  mkdirSync(join(dir, 'bin'));
  const program = `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`;
  writeFileSync(join(dir, 'bin/ppuri'), program);
  chmodSync(join(dir, 'bin/ppuri'), 0o755);
  const flags = ['--bus', 'tcp://10.0.0.1', '--profile', 'ls-xgb', '--machine', 'press-7'];
  await run(['init', 'line-a.yaml', ...flags], dir);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run(['completion', shell], dir);
    expect(code).toBe(0);
    writeFileSync(join(dir, `ppuri.${shell}`), stdout);
  }
  writeFileSync(
    join(dir, '.zshrc'),
    "PS1='> '\nautoload -U compinit\ncompinit -u -D\nsource ./ppuri.zsh\n",
  );
});

const starts: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-i'],
  fish: ['fish', '--private', '--no-config', '-i'],
};

/** A shell that has loaded the completion. */
async function shell(name: string): Promise<Terminal> {
  const env = {
    PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
    ZDOTDIR: dir,
    HOME: dir,
    INPUTRC: '/dev/null',
  };
  const terminal = new Terminal(starts[name] ?? [], dir, env);
  // Printed in two parts, so that the echo of the line is not taken for its result.
  terminal.type(`${name === 'zsh' ? '' : `source ./ppuri.${name}; `}printf '%s%s\\n' loa ded\r`);
  await terminal.until('loaded');
  return terminal;
}

/** What is typed, with tabs, ends up as a line that reads like this; the line is not run. */
async function completes(terminal: Terminal, typed: string, becomes: string): Promise<void> {
  terminal.type(`${typed}\t`);
  await terminal.until(becomes);
  // Not Ctrl-C: the terminal would drop what is typed next.
  terminal.type(clearLine);
}

describe.each(['bash', 'zsh', 'fish'])('%s', (name) => {
  needs('script', name);

  test('completes commands, options, choices, machines of a configuration, profiles, models', async () => {
    const terminal = await shell(name);
    await completes(terminal, 'ppuri cyc', 'les');
    await completes(terminal, 'ppuri model rollb', 'ack');
    await completes(terminal, 'ppuri model use --allow-o', 'lder');
    await completes(terminal, 'ppuri cycles --outcome unsc', 'ored');
    await completes(terminal, 'ppuri probe -c line-a.yaml --machine pre', 'ss-7');
    await completes(terminal, 'ppuri read -c line-a.yaml ether', 'net-1');
    await completes(terminal, 'ppuri simulate injection-m', 'olding');
    await completes(terminal, 'ppuri model use dieca', 'st-defect');
    await completes(terminal, 'ppuri check -c line', '-a.yaml');
    terminal.type('exit\r');
    await terminal.ended;
  });
});

test('an unknown shell, or none, is usage', async () => {
  expect((await run(['completion', 'tcsh'], dir)).code).toBe(2);
  const none = await run(['completion'], dir);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
});
