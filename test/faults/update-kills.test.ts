/** SIGKILL at every step of an update, a rollback and of the choice before a start: a version always runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readState } from '../../agent/update/versions.ts';
import {
  environmentOf,
  installVersion,
  versionThatRuns,
  writeScript,
} from '../fixtures/program-versions.ts';

const fixture = join(import.meta.dirname, '../fixtures/update-run.ts');
const startScript = join(import.meta.dirname, '../../config/install/start.sh');
let dir = '';
let versions = '';
const places = () => ({ versions, health: join(dir, 'own/version-health') });
const state = () => readState(places());

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-kills-'));
  fresh();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** 0.2.0 runs, and 0.1.0 is what it is rolled back to. */
function fresh(): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'own'), { recursive: true });
  versions = join(dir, 'versions');
  for (const version of ['0.0.9', '0.1.0', '0.2.0'])
    mkdirSync(join(versions, version), { recursive: true });
  for (const version of ['0.0.9', '0.1.0'])
    writeScript(join(versions, version, 'ppuri'), `echo ${version}`);
  installVersion(versions, '0.2.0', writeScript(join(dir, 'program'), 'echo 0.2.0'));
  writeFileSync(
    join(versions, 'state'),
    'change=update\nid=aa\nfrom=0.1.0\nto=0.2.0\nwho=lee\nat=1\nprevious=0.1.0\nprobation=\n',
  );
}

/** One start by the supervisor; gives what ran. */
function begin(...word: readonly string[]): string {
  const env = { ...process.env, ...environmentOf(versions, join(dir, 'own')) };
  return execFileSync(startScript, [...word, 'run'], {
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

function step(what: string, n: number): boolean {
  const { stdout, signal } = spawnSync(process.execPath, [fixture, versions, what, String(n)], {
    encoding: 'utf8',
  });
  expect(stdout === 'done' || signal === 'SIGKILL').toBe(true);
  return stdout === 'done';
}

/** What the version on probation says of its last start. */
function say(word: string): void {
  const { id = '', run = 0 } = state() ?? {};
  writeFileSync(places().health, `trial=${id}\nrun=${run}\nstate=${word}\n`);
}

describe('killed at every step', () => {
  test('of an update: the old one runs or the new one, and the update can be made again', () => {
    const ran = new Set<string>();
    for (let n = 0; ; n += 1) {
      fresh();
      const done = step('update', n);
      const version = begin();
      ran.add(version);
      expect(['0.2.0', '0.3.0']).toContain(version);
      if (version === '0.2.0') {
        expect(state()?.probation).toBe('');
        // What is gone back to is what it was.
        expect(state()?.previous).toBe('0.1.0');
        expect(step('update', 99)).toBe(true);
      } else expect(state()).toMatchObject({ probation: '0.3.0', previous: '0.2.0', starts: 1 });
      expect(begin()).toBe('0.3.0');
      if (done) break;
    }
    expect([...ran].sort()).toEqual(['0.2.0', '0.3.0']);
  });

  test('of a rollback: one of the two runs, and the rollback can be made again', () => {
    for (let n = 0; ; n += 1) {
      fresh();
      const done = step('rollback', n);
      if (begin() === '0.2.0') expect(step('rollback', 99)).toBe(true);
      expect(begin()).toBe('0.1.0');
      expect(state()?.probation).toBe('');
      if (done) break;
    }
  });

  test('of the choice before a start: in the end the old one runs, and says why', () => {
    for (let n = 1; ; n += 1) {
      fresh();
      step('update', 99);
      const file = join(versions, 'state');
      writeFileSync(file, readFileSync(file, 'utf8').replace('starts=0', 'starts=3'));
      // Each program that changes the disk counts; the nth kills the script, which has a session of its own.
      cpSync(join(dir, 'own'), join(dir, 'turns'), { recursive: true });
      writeFileSync(join(dir, 'turns/left'), String(n));
      mkdirSync(join(dir, 'shims'));
      for (const name of ['sync', 'mv', 'ln', 'rm'])
        writeScript(
          join(dir, 'shims', name),
          `left=$(($(cat ${dir}/turns/left) - 1)); echo $left >${dir}/turns/left
[ $left = 0 ] && kill -KILL 0
exec $(PATH=/usr/bin:/bin command -v ${name}) "$@"`,
        );
      const env = {
        ...process.env,
        ...environmentOf(versions, join(dir, 'own')),
        PATH: `${dir}/shims:${process.env.PATH}`,
      };
      spawnSync('setsid', ['-w', startScript, 'run'], { env });
      const reached = Number(readFileSync(join(dir, 'turns/left'), 'utf8')) <= 0;
      expect(['0.2.0', '0.3.0']).toContain(versionThatRuns(versions));
      expect(begin()).toBe('0.2.0');
      expect(state()).toMatchObject({
        change: 'return',
        from: '0.3.0',
        to: '0.2.0',
        why: 'starts',
      });
      begin();
      expect(state()).toMatchObject({ probation: '', previous: '0.1.0' });
      if (!reached) break;
    }
  }, 180_000);
});

describe('a version on probation', () => {
  beforeEach(() => void step('update', 99));
  const starts = (...words: readonly string[]): string[] =>
    words.map((word) => {
      const ran = begin();
      if (word !== '') say(word);
      return ran;
    });

  test('may read that it is, whoever it runs as and whatever the mask of its supervisor', () => {
    const before = process.umask(0o077);
    begin();
    process.umask(before);
    expect(statSync(join(versions, 'state')).mode & 0o777).toBe(0o644);
  });

  test('has three starts, whatever became of them after they were well', () => {
    expect(starts('', 'starting', 'healthy', '')).toEqual(['0.3.0', '0.3.0', '0.3.0', '0.2.0']);
    expect(state()).toMatchObject({ change: 'return', why: 'starts', previous: '0.1.0' });
  });

  test('that ended in order has them anew, once for each such end', () => {
    const ran = starts('healthy', 'healthy', 'stopped', '', '', '', '');
    expect(ran).toEqual([...Array(6).fill('0.3.0'), '0.2.0']);
  });

  test('that passed stays, and no later crash takes it back', () => {
    expect(starts('passed', '', '', '', '', '')).toEqual(Array(6).fill('0.3.0'));
    expect(state()).toMatchObject({ probation: '', previous: '0.2.0' });
  });

  test('that says it is not well gives way at once', () => {
    expect(starts('unhealthy', '')).toEqual(['0.3.0', '0.2.0']);
    expect(state()?.why).toBe('unhealthy');
  });

  test('whose start took systemd too long gives way at once, unless it had been well', () => {
    const ended = (): void => {
      const env = { ...process.env, ...environmentOf(versions, join(dir, 'own')) };
      spawnSync(startScript, ['--ended'], { env: { ...env, SERVICE_RESULT: 'timeout' } });
    };
    starts('healthy');
    ended();
    expect(begin()).toBe('0.3.0');
    ended();
    expect(begin()).toBe('0.2.0');
  });

  test('is not judged by what an earlier one, or nobody, said', () => {
    for (const text of ['trial=bb\nrun=1\nstate=unhealthy\n', 'state=passed\n', '\0\0', '']) {
      writeFileSync(places().health, text);
      if (begin() === '0.2.0') break;
    }
    expect(state()?.why).toBe('starts');
  });

  test('whose file is gone or no program any more gives way at once', () => {
    begin();
    rmSync(join(versions, '0.3.0/ppuri'));
    expect(begin()).toBe('0.2.0');
    expect(state()).toMatchObject({ change: 'return', why: 'missing', probation: '' });
  });
});
