/**
 * Kills a run of the store (test/fixtures/store-run.ts) at every single system call with which it
 * writes, syncs, shortens, renames or removes anything: once at each, by strace. After every kill
 * the product must open the store with all that was said to be kept. In full:
 *
 *   node test/faults/syscall-kill-campaign.ts
 *   node test/faults/syscall-kill-campaign.ts --every 100 --seed 7     one in a hundred
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { acknowledged, judgeStore } from '../fixtures/store-judge.ts';

const calls = [
  'pwrite64',
  'write',
  'fdatasync',
  'fsync',
  'ftruncate',
  'fallocate',
  'rename',
  'unlink',
  'link',
] as const;
const program = fileURLToPath(new URL('../fixtures/store-run.ts', import.meta.url));
const batches = '14';

interface Ran {
  readonly stdout: string;
  readonly killed: boolean;
}

/** Node's own threads write to event descriptors as they please: the store's are on the main one. */
function run(straceArgs: readonly string[], dir: string): Promise<Ran> {
  const args = [...straceArgs, process.execPath, program, dir, 'run', batches];
  return new Promise((resolve, reject) => {
    execFile('strace', args, { timeout: 120_000 }, (error, stdout) => {
      const code = error === null ? 0 : error.code;
      if (error !== null && error.signal === null && typeof code !== 'number') reject(error);
      else resolve({ stdout, killed: !stdout.endsWith('done\n') });
    });
  });
}

async function inStore<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-syscalls-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** How often an undisturbed run makes each call, on its main thread. */
async function countCalls(): Promise<Map<string, number>> {
  return inStore(async (dir) => {
    const log = join(dir, 'strace.log');
    const { killed } = await run(
      ['-qq', '-e', `trace=${calls.join(',')}`, '-o', log],
      join(dir, 's'),
    );
    if (killed) throw new Error('the undisturbed run did not end');
    const counts = new Map<string, number>();
    for (const line of (await readFile(log, 'utf8')).split('\n')) {
      const call = line.slice(0, line.indexOf('('));
      if (calls.some((known) => known === call)) counts.set(call, (counts.get(call) ?? 0) + 1);
    }
    return counts;
  });
}

export interface SyscallKillReport {
  readonly calls: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly survived: number;
  readonly failures: readonly string[];
}

/** Kills at every `every`th of all places, beginning with `first`. */
export async function runSyscallKills(
  { every, first }: { readonly every: number; readonly first: number },
  say: (line: string) => void = () => undefined,
): Promise<SyscallKillReport> {
  const counts = await countCalls();
  const places = [...counts].flatMap(([call, most]) =>
    Array.from({ length: most }, (_, index) => ({ call, at: index + 1 })),
  );
  const failures: string[] = [];
  let kills = 0;
  for (let index = first; index < places.length; index += every) {
    const place = places[index];
    if (place === undefined) break;
    const why = await killAt(place.call, place.at);
    kills += 1;
    if (why !== null) {
      failures.push(`${place.call} ${place.at}: ${why}`);
      say(failures.at(-1) ?? '');
    }
    if (kills % 50 === 0) say(`${kills} kills, ${failures.length} failures`);
  }
  const survived = kills - failures.length;
  return { calls: Object.fromEntries(counts), kills, survived, failures };
}

/** Why the store did not survive a kill at this call; null when it did. */
function killAt(call: string, at: number): Promise<string | null> {
  return inStore(async (dir) => {
    const store = join(dir, 's');
    const inject = `inject=${call}:signal=KILL:when=${at}`;
    const { stdout } = await run(['-qq', '-o', '/dev/null', '-e', inject], store);
    const verdict = await judgeStore(store, acknowledged('run', stdout));
    const { opened, lost, miscounted, sound, pointerKept, goesOn } = verdict;
    const good = opened && lost === 0 && !miscounted && sound && pointerKept && goesOn;
    return good ? null : JSON.stringify(verdict);
  });
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      every: { type: 'string', default: '1' },
      seed: { type: 'string', default: '0' },
    },
  });
  const every = Number(values.every);
  const report = await runSyscallKills({ every, first: Number(values.seed) % every }, (line) =>
    console.log(line),
  );
  console.log(JSON.stringify(report, null, 1));
  process.exitCode = report.failures.length > 0 ? 1 : 0;
}
