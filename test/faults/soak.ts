/**
 * Hours of the whole agent against ten machines at raised speed, with faults: devices that lie, hang
 * and die, a broker that goes away and hangs, children that are killed, a store that must evict, and
 * a page that listens. Judged from outside: memory and descriptors of each process, delays of the
 * event loops, missed deadlines by their cause, and that nothing was lost. By hand:
 *
 *   node test/faults/soak.ts --for 2h [--program FILE] [--seed 1] [--json FILE]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type AgentProcess, startAgent } from '../../agent/bench/agent-process.ts';
import { freePanelPort } from '../../agent/demo/panel-port.ts';
import { hardware } from '../../bench/report.ts';
import { startMosquitto } from '../fixtures/mosquitto.ts';
import { MqttReceiver } from '../fixtures/mqtt-receiver.ts';
import { type Account, accountOf, type ShotFigures, SoakBook } from './soak-book.ts';
import { type FaultTimes, SoakFaults } from './soak-faults.ts';
import { SoakShop, soakConfig } from './soak-shop.ts';
import {
  figuresByRole,
  loopDelays,
  type RoleFigures,
  type SoakSample,
  sampleAgent,
} from './soak-watch.ts';

export interface SoakOptions extends FaultTimes {
  readonly seconds: number;
  readonly seed: number;
  readonly cycleSeconds: number;
  readonly maxMiB: number;
  readonly sampleSeconds: number;
  /** A process begins to count so long after it was first seen. */
  readonly warmUpSeconds: number;
  /** The single file; absent: the source. */
  readonly program?: string;
  readonly say?: (sample: SoakSample & { made: number; judged: number; load: number }) => void;
}

export interface SoakReport {
  readonly hardware: ReturnType<typeof hardware>;
  readonly options: Omit<SoakOptions, 'say' | 'program'> & {
    readonly program: 'binary' | 'source';
  };
  readonly tookSeconds: number;
  /** Load average over a minute, of all samples. */
  readonly load: { readonly mean: number; readonly most: number };
  readonly roles: Readonly<Record<string, RoleFigures>>;
  /** All processes together, when all were there. */
  readonly pssMiB: { readonly mean: number; readonly most: number };
  readonly loopDelayMs: ReturnType<typeof loopDelays>;
  readonly inferRunMs: NonNullable<SoakSample['loop']>['inferRunMs'];
  readonly shots: ShotFigures;
  readonly account: Account;
  readonly faults: ReturnType<SoakFaults['counts']>;
  readonly panel: { readonly events: number; readonly connections: number };
}

/** A page that listens, and comes back when the panel went away. */
class PanelReader {
  events = 0;
  connections = 0;
  #over = false;
  #end: () => void = () => undefined;

  start(port: number): void {
    const again = (): void => {
      if (!this.#over) setTimeout(() => this.start(port), 1000).unref();
    };
    const request = get(`http://127.0.0.1:${port}/events`, (response) => {
      this.connections += 1;
      response.setEncoding('utf8').on('data', (text: string) => {
        this.events += text.split('event: shot\n').length - 1;
      });
      response.once('close', again).on('error', () => undefined);
    });
    request.once('error', again);
    this.#end = () => request.destroy();
  }

  stop(): void {
    this.#over = true;
    this.#end();
  }
}

/** As the installation of a package does. */
function unpack(program: string, environment: Readonly<Record<string, string>>): void {
  const env = { ...process.env, ...environment, PPURI_ROLE: 'unpack' };
  execFileSync(program, [], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

class Soak {
  readonly #options: SoakOptions;
  readonly #samples: SoakSample[] = [];
  readonly #loads: number[] = [];

  constructor(options: SoakOptions) {
    this.#options = options;
  }

  async run(dir: string): Promise<SoakReport> {
    const { seed, maxMiB, program } = this.#options;
    const store = join(dir, 'store');
    mkdirSync(store);
    let faults: SoakFaults | null = null;
    const book = new SoakBook((monoMs) => faults?.at(monoMs) ?? null);
    const shop = new SoakShop(this.#options, {
      shot: ({ machine, shot }, group) => book.shot(machine, shot, group),
      reject: (machine, afterMs) => book.reject(machine, afterMs),
    });
    const broker = await startMosquitto(['persistence true']);
    const receiver = new MqttReceiver((record) => book.received(record));
    const page = new PanelReader();
    let agent: AgentProcess | null = null;
    try {
      await receiver.listen(broker.url);
      await shop.start();
      const panelPort = await freePanelPort(0);
      const config = join(dir, 'ppuri.yaml');
      const around = { store, maxMiB, panelPort, brokerUrl: broker.url, ports: shop.ports() };
      writeFileSync(config, soakConfig(around));
      const environment = { PPURI_RUNTIME_DIR: join(dir, 'runtime'), HOME: dir };
      if (program !== undefined) unpack(program, environment);
      agent = startAgent(config, { ...(program === undefined ? {} : { program }), environment });
      page.start(panelPort);
      // A busy computer is slow to start: the time counts from the first shot that was judged.
      while (book.judged === 0) await Promise.race([pause(100), agent.broken]);
      faults = new SoakFaults({ shop, broker, agentPid: agent.pid }, this.#options, seed);
      await this.#watch(agent, store, faults, book);
      await shop.stopShots();
      await settled(() => book.judged, agent);
      page.stop();
      await agent.stop();
      return this.#report({ book, faults, page, account: accountOf(store, receiver) });
    } finally {
      page.stop();
      await agent?.stop().catch(() => undefined);
      await shop.stop();
      await receiver.close();
      await broker.stop();
    }
  }

  async #watch(agent: AgentProcess, store: string, faults: SoakFaults, book: SoakBook) {
    const { seconds, sampleSeconds, say } = this.#options;
    const over = AbortSignal.timeout(seconds * 1000);
    const begun = performance.now();
    const faulting = faults.run(over);
    for (let next = 0; !over.aborted; next += sampleSeconds) {
      const since = (): number => (performance.now() - begun) / 1000;
      const waitMs = Math.max(0, (next - since()) * 1000);
      await Promise.race([pause(waitMs), agent.broken]);
      const sample = await sampleAgent(agent.pid, store, since());
      const load = loadavg()[0] ?? Number.NaN;
      this.#samples.push(sample);
      this.#loads.push(load);
      say?.({ ...sample, made: book.made, judged: book.judged, load });
    }
    await Promise.race([faulting, agent.broken]);
  }

  #report(end: {
    book: SoakBook;
    faults: SoakFaults;
    page: PanelReader;
    account: Account;
  }): SoakReport {
    const { say: _, program, ...options } = this.#options;
    const whole = this.#samples
      .filter(({ processes }) => processes.length === 3)
      .map(({ processes }) => processes.reduce((sum, { pssMiB }) => sum + pssMiB, 0));
    return {
      hardware: hardware(),
      options: { ...options, program: program === undefined ? 'source' : 'binary' },
      tookSeconds: this.#samples.at(-1)?.seconds ?? 0,
      load: { mean: mean(this.#loads), most: Math.max(...this.#loads) },
      roles: figuresByRole(this.#samples, options.warmUpSeconds),
      pssMiB: { mean: mean(whole), most: Math.max(...whole) },
      loopDelayMs: loopDelays(this.#samples),
      inferRunMs: this.#samples.findLast(({ loop }) => loop !== null)?.loop?.inferRunMs ?? null,
      shots: end.book.figures(),
      account: end.account,
      faults: end.faults.counts(),
      panel: { events: end.page.events, connections: end.page.connections },
    };
  }
}

function mean(values: readonly number[]): number {
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 100) / 100;
}

const quietSeconds = 5;
const settleSeconds = 120;

/** Until no record has come for a while. */
async function settled(judged: () => number, agent: AgentProcess): Promise<void> {
  const until = performance.now() + settleSeconds * 1000;
  for (let last = -1; last !== judged() && performance.now() < until; ) {
    last = judged();
    await Promise.race([pause(quietSeconds * 1000), agent.broken]);
  }
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-soak-'));
  try {
    return await new Soak(options).run(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** As long as faults of a shop last, and often enough to see every kind many times in two hours. */
export const usualTimes = {
  gapSeconds: [40, 80],
  outageSeconds: [15, 60],
  recoverSeconds: 10,
  cycleSeconds: 0.8,
  sampleSeconds: 10,
} as const;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      for: { type: 'string', default: '2h' },
      seed: { type: 'string', default: '1' },
      program: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const [, digits = '2', unit = 'h'] = /^(\d+)(s|m|h)$/.exec(values.for) ?? [];
  const seconds = Number(digits) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
  const report = await soak({
    ...{ ...usualTimes, seconds, seed: Number(values.seed), maxMiB: 32 },
    warmUpSeconds: Math.min(600, seconds / 4),
    ...(values.program === undefined ? {} : { program: values.program }),
    say: (sample) => process.stderr.write(`${JSON.stringify(sample)}\n`),
  });
  const text = `${JSON.stringify(report, null, 1)}\n`;
  if (values.json !== undefined) writeFileSync(values.json, text);
  process.stdout.write(text);
  process.exitCode = report.account.lost > 0 || !report.account.sound ? 1 : 0;
}
