/** `ppuri bench`, from the load to the report; what it prints is the command's own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Text } from '../records.ts';
import { agentSubject } from './agent-process.ts';
import { type Attempt, type Capacity, findCapacity } from './capacity.ts';
import { diskError, measureStore } from './disk.ts';
import type { RunFigures } from './figures.ts';
import { hostFacts } from './host.ts';
import { judgeRun } from './judge.ts';
import { type Load, readLoad, standardConfig } from './load.ts';
import { measureLoad, type OneRun } from './one-run.ts';
import { agentRuns } from './others.ts';
import { type BenchPlace, makeBenchPlace } from './place.ts';
import {
  type BenchReport,
  disturbances,
  loadFacts,
  realShotsPerSecond,
  reportSchema,
} from './report.ts';

export interface BenchOptions {
  /** Configuration file; null: the standard load. */
  readonly config: string | null;
  readonly seconds: number;
  readonly capacity: 'search' | 'skip';
  /** An agent at work on this gateway: no benchmark, or one in spite of it. */
  readonly whileRunning: 'refuse' | 'accept';
  readonly say: (text: Text) => void;
  /** Rejects to end it early. */
  readonly ended: Promise<never>;
  /** Whether it was told to end. */
  readonly isEnding: () => boolean;
}

/** Where a store is by default; the standard load is measured on its disk. */
const standardStore = '/var/lib/ppuri';
/** Together the attempts may take so many times the length of the run itself. */
const capacityShare = 4;
const mostTimes = 32;
const mostMachines = 320;
/** Beyond this the simulated machines are no measure of the agent any more, cores. */
const simulatorFull = 0.85;

/** Throws PpuriError. Leaves no process and no file. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const given = options.config === null ? null : await readLoad(options.config);
  const storePath = given?.config.store.path ?? standardStore;
  const agentAtWork = await agentRuns(storePath);
  if (agentAtWork && options.whileRunning === 'refuse') throw running(storePath);
  const host = await hostFacts();
  const place = makeBenchPlace(storePath);
  const load = given ?? (await standardLoad(place));
  const bench = new Bench(options, load, place);
  const run = await bench.measure(load.config.machines.length);
  const store = await bench.store();
  const judged = judgeRun(run);
  const capacity = options.capacity === 'skip' ? null : await bench.capacity(judged.holds);
  const { tightest, ...verdict } = judged;
  const real = realShotsPerSecond(load.config, load.profiles);
  const perDay = store.bytesPerShot === null ? null : store.bytesPerShot * real * 86_400;
  const { onStoreDisk, inMemory } = place;
  return {
    schema: reportSchema,
    ppuri: packageJson.version,
    at: new Date().toISOString(),
    host,
    load: loadFacts(load, given === null ? 'standard' : 'configuration'),
    run,
    paceFactor: run.shots / run.seconds / real,
    store: { ...store, onStoreDisk, inMemory, bytesPerDay: perDay },
    capacity,
    verdict: { ...verdict, deadlineMs: tightest?.deadlineMs ?? null },
    disturbed: disturbances(run, host, agentAtWork),
    notes: [...load.notes, ...bench.notes],
  };
}

class Bench {
  readonly #options: BenchOptions;
  readonly #load: Load;
  readonly #place: BenchPlace;
  readonly #ptys: OneRun['ptys'];

  constructor(options: BenchOptions, load: Load, place: BenchPlace) {
    this.#options = options;
    this.#load = load;
    this.#place = place;
    this.#ptys = hasSerial(load) && hasSocat() ? 'there' : 'none';
  }

  get notes(): Text[] {
    const without = hasSerial(this.#load) && this.#ptys === 'none';
    return without ? [noPtys] : [];
  }

  measure(machines: number): Promise<RunFigures> {
    const { seconds } = this.#options;
    this.#options.say({
      ko: `모의 설비 ${machines}대로 ${seconds}초 측정합니다`,
      en: `measuring ${machines} simulated machine${machines === 1 ? '' : 's'} for ${seconds} s`,
    });
    const warmUpSeconds = Math.min(5, Math.max(1, seconds / 4));
    return this.#run({ machines, seconds, warmUpSeconds, heardWithinSeconds: 60 });
  }

  async store() {
    const { say, isEnding, ended } = this.#options;
    say({ ko: '디스크와 저장소를 측정합니다', en: 'measuring the disk and the store' });
    const [profile] = this.#load.profiles.values();
    if (profile === undefined) throw new Error('a load has at least one profile');
    const dir = join(this.#place.dir, 'disk');
    mkdirSync(dir);
    // A keeper that is closed in mid-commit ends its own process; then the interruption is told.
    const figures = await measureStore(dir, profile, () => !isEnding());
    if (isEnding()) await ended;
    return figures;
  }

  async capacity(holds: boolean): Promise<Capacity> {
    const { seconds, say } = this.#options;
    const from = this.#load.config.machines.length;
    const until = performance.now() + Math.max(20, seconds * capacityShare) * 1000;
    const step = Math.min(10, Math.max(2, seconds / 3));
    return findCapacity({
      from,
      holds,
      most: Math.max(from, Math.min(mostMachines, from * mostTimes)),
      goOn: () => performance.now() < until,
      attempt: async (machines) => {
        const attempt = await this.#attempt(machines, step);
        const [ko, en] =
          attempt === 'holds' ? ['감당', 'within the bound'] : ['한계 초과', 'beyond'];
        say({ ko: `${machines}대: ${ko}`, en: `machines: ${machines}, ${en}` });
        return attempt;
      },
    });
  }

  async #attempt(machines: number, seconds: number): Promise<Attempt> {
    const warm = { warmUpSeconds: 2, heardWithinSeconds: 15 };
    try {
      const run = await this.#run({ machines, seconds, ...warm });
      if (judgeRun(run).holds) return 'holds';
      return (run.cpuCores.simulator ?? 0) >= simulatorFull ? 'simulator' : 'breaks';
    } catch (error) {
      if (!isOverload(error) || this.#options.isEnding()) throw error;
      return 'breaks';
    }
  }

  async #run(
    wanted: Pick<OneRun, 'machines' | 'seconds' | 'warmUpSeconds' | 'heardWithinSeconds'>,
  ): Promise<RunFigures> {
    const { ended } = this.#options;
    const [load, ptys, dir] = [this.#load, this.#ptys, this.#place.dir];
    try {
      return await measureLoad({ ...wanted, load, ptys, dir, ended, say: () => undefined });
    } catch (error) {
      const ofDisk = error instanceof Error && 'syscall' in error;
      throw ofDisk ? diskError(error, dir) : error;
    }
  }
}

/** An agent that does not end in time, or came to keep nothing, has more than it can bear. */
function isOverload(error: unknown): boolean {
  if (!(error instanceof PpuriError)) return false;
  return error.subject === agentSubject || error.code === 'store-unavailable';
}

async function standardLoad({ dir }: BenchPlace): Promise<Load> {
  const file = join(dir, 'standard.yaml');
  try {
    writeFileSync(file, standardConfig(join(dir, 'store')));
  } catch (cause) {
    throw diskError(cause, dir);
  }
  return readLoad(file);
}

const hasSerial = ({ config }: Load): boolean =>
  Object.values(config.buses).some(({ type }) => type === 'modbus-rtu' || type === 'serial-line');

const hasSocat = (): boolean => spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;

const noPtys: Text = {
  ko: '시리얼 포트 대신 TCP 변환기로 측정했습니다. 포트까지 재려면 socat을 설치하십시오 (apt install socat).',
  en: 'serial ports were measured as TCP converters instead; install socat to have pseudo terminals',
};

function running(storePath: string): PpuriError {
  return new PpuriError('agent-running', 'an agent is at work on this gateway', {
    operation: 'benchmark this gateway',
    subject: storePath,
    hint: 'it would be disturbed, and so would the figures: stop it for these minutes, or give --while-running',
  });
}
