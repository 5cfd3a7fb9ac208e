/**
 * The alerts that an operator would have had of a history: its cycles and verdicts go through the
 * agent's own alert engine and desk, in the history's own time. Nobody acknowledges.
 */
import type { Profile } from '../../config/profile.ts';
import type { Manifest } from '../../models/manifest.ts';
import { AlertDesk } from '../alerts/desk.ts';
import { AlertEngine } from '../alerts/engine.ts';
import { DriftWatch, type WatchedModel } from '../drift/watch.ts';
import type { Alert, Attention, Cycle, DriftKind, Instant, Text, Verdict } from '../records.ts';

/** One alert, from when it was told until it was cleared. */
export interface ReplayedAlert {
  readonly id: string;
  readonly cause: string;
  readonly mold: string | null;
  readonly severity: Alert['severity'];
  /** The most that it asked for. */
  attention: Attention;
  /** Row of the shot with which it was told. */
  readonly raisedRow: number;
  readonly raisedWallMs: number | null;
  /** Row of the shot at which it was told as cleared; null: it stood at the end. */
  clearedRow: number | null;
  /** As first told. */
  readonly text: Text;
  /** Rows to sort out, inclusive, by what was told while it stood; none: it is about no parts. */
  readonly ranges: { from: number; to: number }[];
}

export interface AlertReplayOptions {
  readonly profile: Profile;
  readonly manifest: Manifest;
  readonly callsPerHour: number;
  readonly watched: WatchedModel | null;
  /** Told after each shot: values found to be wrong. */
  readonly doubt: (features: ReadonlyMap<string, DriftKind>) => void;
}

/** The desk has nothing due any more so long after the last shot. */
const settledMs = 7_500_000;
/** The agent ticks each second; nothing that the desk waits for is shorter than this. */
const tickMs = 10_000;

const ranks: readonly Attention[] = ['quiet', 'shelved', 'grouped', 'call'];

export class AlertReplay {
  readonly #engine: AlertEngine;
  readonly #desk: AlertDesk;
  readonly #drift: DriftWatch;
  readonly #doubt: AlertReplayOptions['doubt'];
  readonly #alerts = new Map<string, ReplayedAlert>();
  #now: Instant = { monoMs: 0, wallMs: 0 };
  #row = 0;
  #wallMs: number | null = null;
  #ids = 0;

  constructor(options: AlertReplayOptions) {
    const { profile, manifest, callsPerHour } = options;
    this.#drift = new DriftWatch(profile, options.watched);
    this.#doubt = options.doubt;
    const training = manifest.features.flatMap(({ from, normal }) =>
      normal === undefined ? [] : [[from, normal] as const],
    );
    this.#engine = new AlertEngine({
      machine: 'backtest',
      machineName: profile.title.ko,
      profile,
      training: new Map(training),
      newId: () => `${++this.#ids}`,
    });
    this.#desk = new AlertDesk({
      callsPerHour,
      buzzer: 'none',
      now: () => this.#now,
      nameOf: (machine) => machine,
      tell: (alert) => this.#told(alert),
      deed: () => undefined,
    });
  }

  /** The next cycle; its `shot` is its row. `wallMs` null: the time is made up. */
  observe(cycle: Cycle, verdict: Verdict, wallMs: number | null): void {
    this.#passTo(cycle.at);
    this.#row = cycle.shot ?? this.#row;
    this.#wallMs = wallMs;
    for (const alert of this.#desk.take(this.#said(cycle, verdict))) this.#told(alert);
  }

  /** As a machine does it: what is found wrong is doubted from the next shot on. */
  #said(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    const said = this.#engine.observe(cycle, verdict);
    this.#drift.observe(cycle, verdict);
    this.#doubt(this.#drift.doubts());
    return [...said, ...this.#engine.drift(cycle, this.#drift.findings())];
  }

  alerts(): readonly ReplayedAlert[] {
    return [...this.#alerts.values()];
  }

  #passTo(at: Instant): void {
    const first = this.#row === 0;
    const untilMs = Math.min(at.monoMs, this.#now.monoMs + settledMs);
    for (let ms = this.#now.monoMs + tickMs; !first && ms < untilMs; ms += tickMs) {
      this.#now = { monoMs: ms, wallMs: at.wallMs };
      this.#desk.tick();
    }
    this.#now = at;
    if (!first) this.#desk.tick();
  }

  #told(alert: Alert): void {
    const known = this.#alerts.get(alert.id) ?? this.#raised(alert);
    const attention = alert.handling?.attention ?? 'quiet';
    if (ranks.indexOf(attention) > ranks.indexOf(known.attention)) known.attention = attention;
    known.clearedRow = alert.state === 'cleared' ? this.#row : null;
    if (alert.shots !== null) widen(known.ranges, alert.shots);
  }

  #raised({ id, cause, mold, severity, text }: Alert): ReplayedAlert {
    const raised: ReplayedAlert = {
      ...{ id, cause, mold, severity, text, attention: 'quiet' },
      ...{ raisedRow: this.#row, raisedWallMs: this.#wallMs, clearedRow: null, ranges: [] },
    };
    this.#alerts.set(id, raised);
    return raised;
  }
}

/** An alert whose cause comes back speaks of other shots: it is about both. */
function widen(ranges: { from: number; to: number }[], { from, to }: { from: number; to: number }) {
  const last = ranges.at(-1);
  if (last !== undefined && from <= last.to + 1) {
    last.from = Math.min(last.from, from);
    last.to = Math.max(last.to, to);
  } else ranges.push({ from, to });
}
