/** A desk of alerts on a clock of the test's own, with what it told and what people did. */
import { AlertDesk } from '../../agent/alerts/desk.ts';
import type { Alert, Deed } from '../../agent/records.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const kim = { who: '김반장', from: 'panel' } as const;

let nextId = 0;

export function fault(
  machine: string,
  cause: string,
  { state = 'raised', severity = 'warning', key = `8412:${cause}` }: Partial<Alert> = {},
): Alert {
  nextId += 1;
  return {
    ...{ id: `engine-${nextId}`, key, state, machine, mold: '8412', severity, cause },
    text: { ko: cause, en: cause },
    shots: { from: 10, to: 12 },
    count: 1,
    deviations: [],
    at: { monoMs: 0, wallMs: 0 },
  };
}

export class Room {
  nowMs = 1_000_000;
  readonly told: Alert[] = [];
  readonly deeds: Deed[] = [];
  desk: AlertDesk;

  constructor(callsPerHour = 5) {
    this.desk = this.#open(callsPerHour);
  }

  #open(callsPerHour: number): AlertDesk {
    return new AlertDesk({
      callsPerHour,
      buzzer: 'there',
      now: () => ({ monoMs: this.nowMs, wallMs: 1.8e12 + this.nowMs }),
      nameOf: (machine) => `${machine.slice(3)}호기`,
      tell: (alert) => this.told.push(alert),
      deed: (deed) => this.deeds.push(deed),
    });
  }

  say(...alerts: readonly Alert[]): readonly Alert[] {
    const told = this.desk.take(alerts);
    this.told.push(...told);
    return told;
  }

  /** Looks each second, as the agent does. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= second) {
      this.nowMs += Math.min(second, left);
      this.desk.tick();
    }
  }

  /** Another agent takes up what this one left, after so much running time. */
  restart(adopted: ReadonlySet<string> = new Set()): Room {
    const next = new Room();
    const stood = this.desk.standing().map((alert) => ({
      ...{ alert, ageMs: 5000 },
      shelf: alert.handling?.shelved ?? null,
    }));
    next.desk.restore(stood, adopted);
    return next;
  }

  calls(): readonly Alert[] {
    return this.told.filter(
      (alert) => alert.handling?.attention === 'call' && alert.state === 'raised',
    );
  }
}
