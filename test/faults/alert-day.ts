/**
 * A day of one operator with five machines: what their engines say, and what the desk makes of it.
 * Machines go through default faults, sensors break, connections flicker and fail, a switch takes
 * all of them with it once, and the operator acknowledges within minutes. The oracle is the fault
 * that each simulator had at work. In virtual time.
 *
 *   node test/faults/alert-day.ts --days 7 --seed 1
 */
import { parseArgs } from 'node:util';
import { AlertDesk } from '../../agent/alerts/desk.ts';
import { judgeModelOf } from '../../agent/judge-model.ts';
import type { Alert } from '../../agent/records.ts';
import { Random } from '../../agent/simulator/random.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import { openModel, VirtualMachine } from '../fixtures/virtual-machine.ts';
import { truths } from './why-campaign.ts';

const dayS = 86_400;
const kinds = {
  dc: ['die-casting-cold-chamber', 'diecast-defect'],
  im: ['injection-molding', 'injection-defect'],
} as const;
const plant = ['dc-1', 'dc-2', 'dc-3', 'im-4', 'im-5'] as const;
/** An episode matters when so many parts of it were bad. */
const leastBad = 3;

export interface Day {
  readonly seed: number;
  readonly shots: number;
  /** Each defect verdict, broken sensor reading, warm-up and lost connection told by itself. */
  readonly saidByEngines: number;
  /** What an operator would have been called for without delays, grouping and budget. */
  readonly naivePerHour: number;
  readonly callsPerHour: number;
  readonly mostCallsInAnHour: number;
  readonly callsBy: Readonly<Record<string, number>>;
  readonly grouped: number;
  readonly quiet: number;
  readonly floods: number;
  /** Alerts on shots while a fault was at work, and those with its defect. */
  readonly onFaults: number;
  readonly rightCause: number;
  /** Faults with at least three bad parts, and those of them that called, were told together only,
   * were not seen by the models, or were seen and told to nobody. */
  readonly episodes: number;
  readonly called: number;
  readonly groupedOnly: number;
  readonly unseen: number;
  readonly suppressed: readonly string[];
}

interface Episode {
  readonly machine: string;
  readonly trouble: string;
  readonly fromS: number;
  toS: number;
  bad: number;
  /** The engine raised something meanwhile. */
  seen: boolean;
  called: boolean;
  grouped: boolean;
}

interface Planned {
  readonly atS: number;
  readonly run: () => void | Promise<void>;
}

/** Things to come, in order of time. */
class Agenda {
  readonly #planned: Planned[] = [];

  add(atS: number, run: Planned['run']): void {
    const place = this.#planned.findIndex((other) => other.atS > atS);
    this.#planned.splice(place < 0 ? this.#planned.length : place, 0, { atS, run });
  }

  next(untilS: number): Planned | undefined {
    const [first] = this.#planned;
    return first !== undefined && first.atS <= untilS ? this.#planned.shift() : undefined;
  }
}

class OperatorsDay {
  readonly #seed: number;
  readonly #random: Random;
  readonly #agenda = new Agenda();
  readonly #desk: AlertDesk;
  readonly #callTimes: number[] = [];
  readonly #episodes: Episode[] = [];
  readonly #current = new Map<string, Episode>();
  readonly #settings = new Map<string, 'call' | 'grouped' | 'quiet' | 'shelved'>();
  readonly #lost = new Set<string>();
  readonly #callsBy: Record<string, number> = {};
  #nowS = 0;
  #shots = 0;
  #naive = 0;
  #said = 0;
  #onFaults = 0;
  #right = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed, 'operator');
    this.#desk = new AlertDesk({
      callsPerHour: 5,
      buzzer: 'there',
      now: () => ({ monoMs: this.#nowS * 1000, wallMs: this.#nowS * 1000 }),
      nameOf: (machine) => machine,
      tell: (alert) => this.#told(alert),
      deed: () => undefined,
    });
  }

  async live(): Promise<Day> {
    for (const [place, id] of plant.entries()) await this.#employ(id, place);
    this.#planTroubles();
    for (let s = 0; s < dayS; s += 1) {
      for (let due = this.#agenda.next(s); due !== undefined; due = this.#agenda.next(s)) {
        this.#nowS = due.atS;
        await due.run();
      }
      this.#nowS = s;
      this.#desk.tick();
    }
    return this.#account();
  }

  async #employ(id: (typeof plant)[number], place: number): Promise<void> {
    const [kind, name] = kinds[id.slice(0, 2) as keyof typeof kinds];
    const bundle = await readBundle((await findBundle(name)).dir);
    const run = await openModel(bundle);
    const options = { profile: loadProfile(kind), model: judgeModelOf(bundle) };
    const machine = new VirtualMachine(id, bundle, {
      ...options,
      seed: this.#seed * 100 + place,
      scenario: { firstEpisodeShots: [20, 160] },
    });
    let madeS = 0;
    const shoot = async (): Promise<void> => {
      const made = await machine.shoot(run);
      const beforeS = madeS;
      madeS = made.shot.simulatedS;
      this.#shots += 1;
      if (!this.#lost.has(id)) this.#follow(id, made);
      this.#agenda.add(this.#nowS + Math.max(1, madeS - beforeS), shoot);
    };
    this.#agenda.add(this.#random.between(0, 60), shoot);
    this.#machines.set(id, machine);
  }

  readonly #machines = new Map<string, VirtualMachine>();

  #follow(id: string, made: Awaited<ReturnType<VirtualMachine['shoot']>>): void {
    const { shot, cycle, verdict, alerts } = made;
    const bad = Object.values(cycle.readings).filter(({ quality }) => quality === 'invalid').length;
    this.#naive +=
      bad + Number(verdict.outcome === 'defect') + Number(cycle.suppressed === 'warm-up');
    this.#said += alerts.filter(({ state }) => state === 'raised').length;
    this.#episode(id, shot.trouble, shot.truth.defect === true);
    const onShots = alerts.filter(
      ({ severity, state }) => severity === 'warning' && state === 'raised',
    );
    for (const { cause } of onShots) {
      if (shot.trouble === null) continue;
      this.#onFaults += 1;
      this.#right += Number(truths[shot.trouble]?.defect === cause);
      const episode = this.#current.get(id);
      if (episode !== undefined) episode.seen = true;
    }
    for (const alert of this.#desk.take(alerts)) this.#told(alert);
  }

  #episode(machine: string, trouble: string | null, bad: boolean): void {
    const before = this.#current.get(machine);
    if (before !== undefined && before.trouble === trouble) {
      before.toS = this.#nowS;
      before.bad += Number(bad);
      return;
    }
    if (trouble === null) return;
    const begun = { machine, trouble, fromS: this.#nowS, toS: this.#nowS, bad: Number(bad) };
    const episode = { ...begun, seen: false, called: false, grouped: false };
    this.#episodes.push(episode);
    this.#current.set(machine, episode);
  }

  #told(alert: Alert): void {
    const attention = alert.handling?.attention ?? 'quiet';
    if (alert.state === 'raised') this.#raised(alert, attention);
    else if (this.#settings.get(alert.id) !== attention && attention === 'call')
      this.#called(alert);
    this.#settings.set(alert.id, attention);
    const episode = this.#current.get(alert.machine);
    if (episode === undefined || alert.severity !== 'warning' || alert.state === 'cleared') return;
    if (this.#nowS > episode.toS + 600) return;
    episode.called ||= attention === 'call';
    episode.grouped ||= attention === 'grouped';
  }

  #raised(alert: Alert, attention: string): void {
    if (attention === 'call') this.#called(alert);
  }

  /** The operator comes within ten minutes and acknowledges. */
  #called({ id, severity, cause }: Alert): void {
    this.#callTimes.push(this.#nowS);
    const by = severity === 'warning' && cause !== 'alert-flood' ? 'defects' : cause;
    this.#callsBy[by] = (this.#callsBy[by] ?? 0) + 1;
    this.#agenda.add(this.#nowS + this.#random.between(20, 600), () => {
      const stands = this.#desk.standing().some((alert) => alert.id === id);
      if (stands) this.#desk.acknowledge(id, { who: 'operator', from: 'panel' });
    });
  }

  /** Flickers of a second or two, outages of minutes, and once a switch with all behind it. */
  #planTroubles(): void {
    for (const id of plant) {
      for (let i = 0; i < 20; i += 1)
        this.#plan(id, this.#random.between(0, dayS), this.#random.between(0.5, 2));
      for (let i = 0; i < 2; i += 1)
        this.#plan(id, this.#random.between(0, dayS), this.#random.between(60, 900));
    }
    const switchS = this.#random.between(0, dayS);
    for (const id of plant) this.#plan(id, switchS + this.#random.between(0, 2), 240);
    // A bad plug: a dozen losses within minutes.
    const plugS = this.#random.between(0, dayS - 3600);
    for (let i = 0; i < 12; i += 1) this.#plan('dc-2', plugS + i * 40, 20);
  }

  #plan(id: string, fromS: number, forS: number): void {
    const engine = this.#machines.get(id)?.engine;
    const link = (state: 'lost' | 'back') => (): void => {
      if (state === 'lost') this.#lost.add(id);
      else this.#lost.delete(id);
      this.#naive += Number(state === 'lost');
      const at = { monoMs: this.#nowS * 1000, wallMs: this.#nowS * 1000 };
      const alerts = engine?.link(state, at) ?? [];
      this.#said += alerts.filter((alert) => alert.state === 'raised').length;
      for (const alert of this.#desk.take(alerts)) this.#told(alert);
    };
    this.#agenda.add(fromS, link('lost'));
    this.#agenda.add(fromS + forS, link('back'));
  }

  #account(): Day {
    const hours = dayS / 3600;
    const inAnHour = this.#callTimes.map(
      (from) => this.#callTimes.filter((at) => at >= from && at < from + 3600).length,
    );
    const mattered = this.#episodes.filter(({ bad }) => bad >= leastBad);
    const attentions = [...this.#settings.values()];
    const silent = mattered.filter(({ called, grouped, seen }) => !called && !grouped && seen);
    return {
      ...{ seed: this.#seed, shots: this.#shots, saidByEngines: this.#said },
      naivePerHour: this.#naive / hours,
      callsPerHour: this.#callTimes.length / hours,
      mostCallsInAnHour: Math.max(0, ...inAnHour),
      callsBy: this.#callsBy,
      grouped: attentions.filter((one) => one === 'grouped').length,
      quiet: attentions.filter((one) => one === 'quiet').length,
      floods: this.#desk.counts().floods,
      ...{ onFaults: this.#onFaults, rightCause: this.#right, episodes: mattered.length },
      called: mattered.filter(({ called }) => called).length,
      groupedOnly: mattered.filter(({ called, grouped }) => !called && grouped).length,
      unseen: mattered.filter(({ called, grouped, seen }) => !called && !grouped && !seen).length,
      suppressed: silent.map(
        ({ machine, trouble, fromS }) => `${machine} ${trouble} at ${fromS} s`,
      ),
    };
  }
}

export function liveDay(seed: number): Promise<Day> {
  return new OperatorsDay(seed).live();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { days: { type: 'string', default: '7' }, seed: { type: 'string', default: '1' } },
  });
  for (let day = 0; day < Number(values.days); day += 1)
    console.log(JSON.stringify(await liveDay(Number(values.seed) + day)));
}
