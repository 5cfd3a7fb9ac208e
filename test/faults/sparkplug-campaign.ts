/**
 * Kills an edge node hundreds of times and judges, from what it said before and from what a broker
 * passed on, whether birth-death numbers hold and what was confirmed arrived. By hand:
 *
 *   node test/faults/sparkplug-campaign.ts --kills 300 --seed 1
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { openReadOnly } from '../../agent/store/database.ts';
import { startMosquitto } from '../fixtures/mosquitto.ts';
import { createRandom } from '../fixtures/random.ts';
import { type Heard, SparkplugHost } from '../fixtures/sparkplug-host.ts';

export interface SparkplugCampaign {
  readonly kills: number;
  readonly seed: number;
}

export interface SparkplugCampaignReport extends SparkplugCampaign {
  readonly sessions: number;
  readonly births: number;
  readonly deaths: number;
  /** Numbers taken by a node that was killed before the broker knew of its connection. */
  readonly skipped: number;
  readonly confirmed: number;
  readonly seconds: number;
  /** What broke a rule; empty when all is well. */
  readonly wrong: readonly string[];
}

interface Life {
  readonly boot: string;
  readonly taken: number[];
  readonly born: number[];
  confirmed: number;
}

const program = fileURLToPath(new URL('../fixtures/sparkplug-child.ts', import.meta.url));
const longestLifeMs = 150;

/** One life, from the first number it takes to SIGKILL at an instant within or after its sessions. */
async function liveAndDie(args: readonly string[], dieAfterMs: number, life: Life): Promise<void> {
  const child: ChildProcess = fork(program, [...args, life.boot], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`life ${life.boot} ended by itself`)));
    child.on('message', ([word, value]: ['taken' | 'born' | 'confirmed' | 'left', number]) => {
      if (word === 'taken') life.taken.push(value);
      if (word === 'born') life.born.push(value);
      if (word === 'confirmed') life.confirmed = value;
      if (word === 'taken' && life.taken.length === 1) setTimeout(resolve, dieAfterMs);
    });
  });
  child.kill('SIGKILL');
  await closed;
}

function keptNumber(file: string): number {
  const db = openReadOnly(file);
  try {
    return Number(db.prepare('SELECT bd_seq FROM bd_seqs').pluck().get());
  } finally {
    db.close();
  }
}

const bdSeqOf = ({ metrics }: Heard): number =>
  Number(metrics.find(({ name }) => name === 'bdSeq')?.value);

/** Each number once, one more than the one before; births and deaths in pairs of one number. */
function judgeNumbers(lives: readonly Life[], heard: readonly Heard[]): string[] {
  const wrong: string[] = [];
  const taken = lives.flatMap((life) => life.taken);
  for (const [index, value] of taken.entries())
    if (value !== index % 256) wrong.push(`number ${index} taken was ${value}`);
  const events = heard.filter(({ verb }) => verb === 'NBIRTH' || verb === 'NDEATH');
  const seen = new Set<number>();
  let at = -1;
  let open: number | null = null;
  for (const event of events) {
    const value = bdSeqOf(event);
    if (event.verb === 'NBIRTH') {
      if (open !== null) wrong.push(`NBIRTH ${value} before the NDEATH of ${open}`);
      open = value;
    } else if (open !== null) {
      if (open !== value) wrong.push(`NDEATH ${value} of NBIRTH ${open}`);
      open = null;
      continue;
    }
    // Forward to the session that has this number: never the same one, never an earlier one.
    const next = taken.indexOf(value, at + 1);
    if (next < 0 || next - at > 8) wrong.push(`${event.verb} ${value} out of order at ${at}`);
    else {
      at = next;
      seen.add(next);
    }
  }
  if (open !== null) wrong.push(`no NDEATH of ${open}`);
  let first = 0;
  for (const life of lives) {
    for (const [index, value] of life.taken.entries()) {
      const last = index === life.taken.length - 1;
      // Only the kill may come between taking a number and the connection that has it.
      const unseen = !seen.has(first + index);
      if (unseen && (!last || life.born.includes(value)))
        wrong.push(`session ${first + index} with ${value} was not seen`);
    }
    first += life.taken.length;
  }
  return wrong;
}

/** What the node was told is with the broker has reached the host. */
function judgeRecords(lives: readonly Life[], heard: readonly Heard[]): string[] {
  const arrived = new Map<string, Set<number>>();
  let boot = '';
  for (const { verb, metrics } of heard) {
    if (verb === 'NBIRTH') boot = '';
    if (verb !== 'DDATA' && verb !== 'DBIRTH') continue;
    const told = metrics.find(({ name }) => name === 'ppuri/boot')?.value;
    if (typeof told === 'string') boot = told;
    const seq = metrics.find(({ name }) => name === 'ppuri/seq')?.value;
    if (verb === 'DDATA' && typeof seq === 'number')
      arrived.set(boot, (arrived.get(boot) ?? new Set()).add(seq));
  }
  return lives.flatMap((life) =>
    Array.from({ length: life.confirmed }, (_, i) => i + 1)
      .filter((seq) => arrived.get(life.boot)?.has(seq) !== true)
      .map((seq) => `confirmed record ${life.boot}/${seq} did not arrive`),
  );
}

export async function runSparkplugCampaign(
  options: SparkplugCampaign,
): Promise<SparkplugCampaignReport> {
  const started = performance.now();
  const random = createRandom(options.seed);
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-sparkplug-'));
  const broker = await startMosquitto();
  const host = new SparkplugHost();
  const broken: string[] = [];
  const watcher = await connectAsync(broker.url, { reconnectPeriod: 0 });
  watcher.on('message', (topic, payload) => {
    if (!topic.startsWith('spBv1.0/')) return;
    try {
      host.hear(topic, payload);
    } catch (error) {
      broken.push(String(error));
    }
  });
  await watcher.subscribeAsync('spBv1.0/#', { qos: 1 });
  const lives: Life[] = [];
  const file = join(dir, 'ppuri.db');
  try {
    for (let kill = 0; kill < options.kills; kill += 1) {
      const life: Life = { boot: `life-${kill}`, taken: [], born: [], confirmed: 0 };
      lives.push(life);
      await liveAndDie([file, broker.url], random() * longestLifeMs, life);
      // A number that was on disk when the kill came, and not told yet, is taken all the same.
      const kept = keptNumber(file);
      if (life.taken.at(-1) !== kept) life.taken.push(kept);
    }
    await settled(watcher, broker.url);
  } finally {
    await watcher.endAsync(true);
    await broker.stop();
    await rm(dir, { recursive: true, force: true });
  }
  const { heard } = host;
  const count = (verb: string): number => heard.filter((one) => one.verb === verb).length;
  const sessions = lives.flatMap((life) => life.taken).length;
  return {
    ...options,
    sessions,
    births: count('NBIRTH'),
    deaths: count('NDEATH'),
    skipped: sessions - count('NDEATH'),
    confirmed: lives.reduce((sum, life) => sum + life.confirmed, 0),
    seconds: Math.round((performance.now() - started) / 1000),
    wrong: [...broken, ...judgeNumbers(lives, heard), ...judgeRecords(lives, heard)],
  };
}

/** The broker has passed on all that came before: a message sent now comes behind it. */
async function settled(
  watcher: Awaited<ReturnType<typeof connectAsync>>,
  url: string,
): Promise<void> {
  await watcher.subscribeAsync('settled', { qos: 1 });
  const other = await connectAsync(url, { reconnectPeriod: 0 });
  const heard = new Promise<void>((resolve) =>
    watcher.on('message', (topic) => topic === 'settled' && resolve()),
  );
  await other.publishAsync('settled', 'x', { qos: 1 });
  await heard;
  await other.endAsync();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
  });
  const report = await runSparkplugCampaign({
    kills: Number(values.kills),
    seed: Number(values.seed),
  });
  console.log(JSON.stringify({ ...report, wrong: report.wrong.slice(0, 20) }, null, 2));
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
}
