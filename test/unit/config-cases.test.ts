import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkFile, reportLines } from '../../agent/cli/check.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cases = join(root, 'test', 'cases');
const names = readdirSync(cases).sort();
const expected = (name: string): string => readFileSync(join(cases, name, 'expected.txt'), 'utf8');

describe('broken configurations', () => {
  afterEach(() => process.chdir(root));

  it('are more than twenty', () => expect(names.length).toBeGreaterThan(20));

  it.each(names)('%s gives exactly the expected text', async (name) => {
    process.chdir(join(cases, name));
    const report = await checkFile('ppuri.yaml');
    expect(report.ok).toBe(false);
    expect(`${reportLines(report).join('\n')}\n`).toBe(expected(name));
  });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of nothing but the check command, as its own process. */
function ppuriCheck(cwd: string, ...args: string[]): Promise<Ended> {
  const program = join(root, 'test', 'fixtures', 'check-program.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'check', ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('ppuri check as a process', () => {
  it.each(['misspelt-keys', 'profile-feature-without-signal', 'duplicate-unit', 'unclosed-quote'])(
    '%s: every problem on stdout, exit 3',
    async (name) => {
      const { code, stdout } = await ppuriCheck(join(cases, name), '-c', 'ppuri.yaml');
      expect(stdout).toBe(expected(name));
      expect(code).toBe(3);
    },
  );

  it('gives the problems as one JSON object', async () => {
    const { code, stdout } = await ppuriCheck(
      join(cases, 'copied-machine'),
      '-c',
      'ppuri.yaml',
      '--json',
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [{ file: 'ppuri.yaml', line: 9, col: 9, path: 'machines[1].id' }],
    });
  });

  it('passes the example and says what was checked', async () => {
    const { code, stdout } = await ppuriCheck(root, '-c', 'config/example.yaml');
    expect(stdout).toMatch(
      /^config\/example\.yaml: ok \(2 machines, 3 buses, 3 devices, 0 models\)\n/,
    );
    expect(stdout).toContain('dc-03.meter: eastron-sdm630 on power unit 7');
    expect(stdout).toMatch(/\n {2}records are delivered nowhere: .*\n$/);
    expect(code).toBe(0);
  });

  it('says which file cannot be read, exit 3', async () => {
    const { code, stdout, stderr } = await ppuriCheck(root, '-c', 'config/no-such.yaml');
    expect(stdout).toBe('');
    expect(stderr).toContain('cannot read config/no-such.yaml: there is no such file');
    expect(code).toBe(3);
  });
});
