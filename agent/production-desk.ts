/** Watches when machines stand, keeps their stops, and takes the reasons that people give for them. */
import { PpuriError } from '../config/errors.ts';
import type { Config, MachineConfig } from '../config/schema.ts';
import type { AgentOptions } from './agent-options.ts';
import { type Link, StopWatch } from './production/stop-watch.ts';
import type { Cycle, Deed, Instant, RecordBody, Stop, StopRow } from './records.ts';
import type { RecalledCycle } from './resume.ts';
import type { Keeper } from './store/keeper.ts';

export interface ProductionDeskParts {
  readonly config: Config;
  /** Id of this start. */
  readonly boot: string;
  /** Simulated seconds per real second; 1 on real machines. */
  readonly timeScale: number;
  readonly keep: (body: RecordBody, at: Instant) => void;
  readonly deed: (deed: Deed) => void;
  /** The stop with this id as the store has it, after all that was kept; null: none. Rejects. */
  readonly findStop: (id: string) => Promise<StopRow | null>;
  readonly now: () => Instant;
}

/** What a person asks, unchecked. */
export type ReasonAsked = Readonly<Record<string, unknown>>;

const unknownAfterMs = 60_000;
const repeatMs = 600_000;
const longestNote = 200;

/** Planned ms of one cycle of a mold; null: not configured. */
export function idealCycleMsOf(
  { idealCycleS }: Pick<MachineConfig, 'idealCycleS'>,
  mold: string | null,
): number | null {
  if (typeof idealCycleS === 'number') return idealCycleS * 1000;
  const seconds = mold === null ? undefined : idealCycleS?.[mold];
  return seconds === undefined ? null : seconds * 1000;
}

const unknownStop = (id: string): PpuriError =>
  new PpuriError('stop-unknown', `no stop ${id} is kept`, {
    operation: 'give a reason for a stop',
    subject: id,
    hint: '`ppuri stops` lists them',
  });

export class ProductionDesk {
  readonly #parts: ProductionDeskParts;
  readonly #watches: ReadonlyMap<string, StopWatch>;
  #told = 0;

  /** Machines are taken to be watched from here on. */
  constructor(parts: ProductionDeskParts) {
    this.#parts = parts;
    const { timeScale } = parts;
    const { stopAfterCycles, microStopS } = parts.config.production;
    const begin = parts.now();
    this.#watches = new Map(
      parts.config.machines.map((machine) => {
        const idealCycleMs = (mold: string | null): number | null => {
          const ms = idealCycleMsOf(machine, mold);
          return ms === null ? null : ms / timeScale;
        };
        const options = {
          ...{ machine: machine.id, newId: () => this.#newId(), stopAfterCycles, idealCycleMs },
          microStopMs: (microStopS * 1000) / timeScale,
          unknownAfterMs: unknownAfterMs / timeScale,
          repeatMs,
        };
        return [machine.id, new StopWatch(options, begin)];
      }),
    );
  }

  /** What earlier starts saw: cycles by machine, oldest first, and the stops that lasted. */
  recall(
    cycles: Readonly<Record<string, readonly RecalledCycle[]>>,
    openStops: Readonly<Record<string, string>>,
  ): void {
    for (const [id, watch] of this.#watches) {
      const past = (cycles[id] ?? []).map(({ cycle: { mold, shot, at } }) => ({
        ...{ mold, shot, wallMs: at.wallMs },
      }));
      watch.recall(past, openStops[id] ?? null);
    }
  }

  onCycle(cycle: Cycle): void {
    this.#keep(this.#watches.get(cycle.machine)?.shot(cycle) ?? []);
  }

  /** To be called each second or so. */
  tick(machines: Iterable<{ readonly id: string; readonly link: Link }>): void {
    const at = this.#parts.now();
    for (const { id, link } of machines) this.#keep(this.#watches.get(id)?.tick(at, link) ?? []);
  }

  /** The agent ends: stops that last are known to have lasted until now. */
  end(): void {
    const at = this.#parts.now();
    for (const watch of this.#watches.values()) this.#keep(watch.end(at));
  }

  /**
   * `{id, code, note?}`: kept when it resolves to what is in force now. Rejects with
   * `usage` for a reason that the configuration has not, `stop-unknown`, and while the store is down.
   */
  async giveReason(asked: ReasonAsked, actor: Pick<Deed, 'who' | 'from'>): Promise<object> {
    const { keep, deed, now, findStop } = this.#parts;
    const code = this.#codeOf(asked.code);
    const note = noteOf(asked.note);
    const found = typeof asked.id === 'string' ? await findStop(asked.id) : null;
    if (found === null) throw unknownStop(String(asked.id));
    const { id: stop, machine } = found;
    const at = now();
    keep({ kind: 'stop-reason', reason: { stop, machine, code, note, ...actor, at } }, at);
    const detail = note === null ? code : `${code}: ${note}`;
    deed({ what: 'stop-reason', subject: stop, ...actor, detail, at });
    return { stop, machine, code, note, before: found.reason?.code ?? null };
  }

  #codeOf(code: unknown): string {
    const codes = this.#parts.config.production.reasons.map((reason) => reason.code);
    if (typeof code === 'string' && codes.includes(code)) return code;
    throw new PpuriError('usage', `${String(code)} is no reason of this plant`, {
      operation: 'give a reason for a stop',
      subject: String(code),
      hint: `reasons: ${codes.join(', ')}; more under \`production.reasons\``,
    });
  }

  /** Unique among all starts: a start has its own id. */
  #newId(): string {
    this.#told += 1;
    return `${this.#parts.boot.slice(0, 8)}-${this.#told}`;
  }

  #keep(stops: readonly Stop[]): void {
    for (const stop of stops) this.#parts.keep({ kind: 'stop', stop }, stop.at);
  }
}

function noteOf(note: unknown): string | null {
  if (note === undefined || note === null || note === '') return null;
  if (typeof note === 'string' && note.length <= longestNote) return note;
  throw new PpuriError('usage', `a note has up to ${longestNote} characters`, {
    operation: 'give a reason for a stop',
    subject: 'note',
    hint: 'say it in fewer words',
  });
}

/** Of an agent; its store answers once it is open. */
export function createProduction(
  { config, boot, timeScale = 1 }: Pick<AgentOptions, 'config' | 'boot' | 'timeScale'>,
  keeper: Pick<Keeper, 'keep' | 'flush' | 'query'>,
  deed: (deed: Deed) => void,
): ProductionDesk {
  return new ProductionDesk({
    ...{ config, boot: boot.id, timeScale, deed },
    keep: (body, at) => void keeper.keep(body, at),
    findStop: async (id) => {
      // A stop that was told just now may still wait for its commit.
      await keeper.flush();
      return (await keeper.query('stops', { id }))[0] ?? null;
    },
    now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
  });
}
