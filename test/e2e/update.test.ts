/** `ppuri update` from one version to another under a supervisor, and back by itself and by hand. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrations } from '../../agent/store/migrations.ts';
import {
  type Edit,
  environmentOf,
  installVersion,
  makeVersion,
  type Supervisor,
  supervise,
  versionThatRuns,
} from '../fixtures/program-versions.ts';
import { type Finished, type Started, start } from './program.ts';

let [oldDir, oldProgram] = ['', ''];
let dir = '';
let versions = '';
let config = '';
let simulator: Started;
let supervisor: Supervisor;
const env = (): Record<string, string> => environmentOf(versions, join(dir, 'own'));
const key = (): string => join(dir, 'keys', 'releases');

/** One more layout, which keeps something that the one before has no place for. */
const newerLayout: Edit = {
  file: 'agent/store/migrations.ts',
  // The end of the list, whatever it ends with.
  find: '\n];\n',
  instead: `
  {
    title: 'notes',
    sql: "CREATE TABLE notes (note TEXT) STRICT; ALTER TABLE cycles ADD COLUMN furnace TEXT;",
    back: "DROP TABLE notes; ALTER TABLE cycles DROP COLUMN furnace;",
  },
];
`,
};
const whenItRuns = { file: 'agent/cli/run.ts', find: '  const log = createLog(' } as const;
const endsAtOnce: Edit = {
  ...whenItRuns,
  instead: "  throw new Error('a fault of 0.2.1');\n  const log = createLog(",
};
const hangs: Edit = { ...whenItRuns, instead: '  for (;;);\n  const log = createLog(' };
/** Its store does not open. */
const neverWell: Edit = {
  file: 'agent/store/database.ts',
  find: '    configure(db, options);\n    migrate(db);',
  instead: "    configure(db, options);\n    throw new Error('a fault of 0.2.1');",
};

function cli(...args: readonly string[]): Promise<Finished> {
  return start(args, dir, 'pipe', env()).finished;
}

function release(version: string, edits: readonly Edit[]): string {
  const file = makeVersion(dir, version, edits);
  const args = ['update', 'sign', file, '--key', key(), '--oldest-from', '0.1.0'];
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return file;
}

const update = (file: string, ...more: readonly string[]): Promise<Finished> =>
  cli('update', file, '-c', config, '--trust', join(dir, 'trust'), '--json', ...more);

function fromStore(sql: string): unknown[] {
  const db = new Database(join(dir, 'store/ppuri.db'), { readonly: true });
  try {
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

const kept = (): number => Number(fromStore('SELECT COUNT(*) FROM records')[0]);

async function cyclesAbove(count: number): Promise<void> {
  await expect.poll(kept, { timeout: 60_000, interval: 200 }).toBeGreaterThan(count);
}

// The same for all, so that it is compiled once.
beforeAll(() => {
  oldDir = mkdtempSync(join(tmpdir(), 'ppuri-update-old-'));
  oldProgram = makeVersion(oldDir, '0.1.0');
});
afterAll(() => rmSync(oldDir, { recursive: true, force: true }));

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-update-'));
  versions = join(dir, 'versions');
  config = join(dir, 'ppuri.yaml');
  mkdirSync(join(dir, 'own'));
  mkdirSync(join(dir, 'trust'));
  installVersion(versions, '0.1.0', oldProgram);
  await cli('model', 'keygen', key());
  writeFileSync(join(dir, 'trust/maker.pub'), readFileSync(`${key()}.pub`));
  simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  writeFileSync(
    config,
    `gateway: { id: gw-1, site: busan-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 300 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
    deadlineMs: 500
    hardLimitMs: 2000
store: { path: ${join(dir, 'store')} }
`,
  );
  supervisor = supervise(config, env());
  await supervisor.line(/"bus-connected"/);
});

afterEach(async () => {
  await supervisor.stop();
  simulator.process.kill('SIGTERM');
  await simulator.finished;
  rmSync(dir, { recursive: true, force: true });
});

const layout = (): unknown => fromStore('PRAGMA user_version')[0];

test('0.1.0 → 0.2.0 with a newer store, and rolled back: every record of both is there', async () => {
  await cyclesAbove(2);
  const file = release('0.2.0', [newerLayout]);
  const done = await update(file, '--probation', '1s');
  expect([done.code, JSON.parse(done.stdout)]).toEqual([
    0,
    { from: '0.1.0', to: '0.2.0', signer: 'maker', state: 'switched' },
  ]);
  const before = kept();
  supervisor.restart();
  await supervisor.line(/"version-passed".*"0\.2\.0"/);
  expect(layout()).toBe(migrations.length + 1);
  await cyclesAbove(before + 3);
  const newer = kept();
  const back = await cli('update', 'rollback', '--json');
  expect(JSON.parse(back.stdout)).toMatchObject({ from: '0.2.0', to: '0.1.0' });
  const from = supervisor.output().length;
  supervisor.restart();
  await supervisor.line(/"bus-connected"/, from);
  await cyclesAbove(newer + 2);
  expect(versionThatRuns(versions)).toBe('0.1.0');
  expect(layout()).toBe(migrations.length);
  const ledger = JSON.parse((await cli('ledger', '-c', config, '--json')).stdout);
  expect(ledger.gaps).toEqual([]);
  const deeds = fromStore("SELECT body FROM records WHERE kind = 'deed'");
  expect(deeds.map((text) => JSON.parse(String(text)).deed)).toEqual([
    expect.objectContaining({ what: 'program-updated', subject: '0.2.0', detail: 'from 0.1.0' }),
    expect.objectContaining({ what: 'program-rolled-back', subject: '0.1.0' }),
  ]);
}, 120_000);

test('a machine that is off is no fault of the new version: it passes', async () => {
  simulator.process.kill('SIGKILL');
  await simulator.finished;
  const file = release('0.2.0', []);
  expect((await update(file, '--probation', '1s')).code).toBe(0);
  supervisor.restart();
  await supervisor.line(/"version-passed".*"0\.2\.0"/);
  expect(supervisor.output()).not.toContain('version-unhealthy');
}, 120_000);

test.each([
  ['ends at once', endsAtOnce, 'starts'],
  ['hangs before its first word', hangs, 'unhealthy'],
  ['runs and never gets well', neverWell, 'unhealthy'],
])(
  '0.2.1 that %s gives way by itself, and people are told',
  async (_, edit, why) => {
    const file = release('0.2.1', [edit]);
    expect((await update(file, '--well-within', '8s')).code).toBe(0);
    const before = kept();
    const from = supervisor.output().length;
    supervisor.restart();
    await supervisor.line(/"update-returned".*"why":"/, from);
    expect(versionThatRuns(versions)).toBe('0.1.0');
    const status = await cli('update', 'status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      current: '0.1.0',
      probation: null,
      last: { change: 'return', from: '0.2.1', to: '0.1.0', why },
    });
    await cyclesAbove(before + 2);
    const shown = await cli('status', '-c', config, '--json');
    expect(JSON.parse(shown.stdout).agent.alerts.plant).toEqual([
      expect.objectContaining({ cause: 'update-returned', machine: '*', severity: 'caution' }),
    ]);
    const again = await cli('update', 'rollback', '--json');
    expect(JSON.parse(again.stdout).error.code).toBe('release-none');
  },
  120_000,
);
