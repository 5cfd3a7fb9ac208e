/**
 * One machine's line from snapshot to alert, in this order: features, model, verdict, reject signal,
 * alert, and only then the store. Nothing here waits for disk or network but the model's answer,
 * which comes within the deadline or not at all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertEngine } from './alerts/engine.ts';
import type { WhyQuestion } from './alerts/why.ts';
import type { CycleTracker, Snapshot } from './cycles/tracker.ts';
import type { Explainer } from './explain.ts';
import { type Answered, Foresight } from './foresight.ts';
import type { RejectSignal } from './outputs/reject-signal.ts';
import type { Alert, Cycle, Driver, Instant, RecordBody, Verdict } from './records.ts';
import type { Answer, Judge, JudgeModel, Prepared } from './verdict/judge.ts';

export interface LineParts {
  readonly tracker: CycleTracker;
  readonly judge: Judge;
  /** What is to be told after this verdict. */
  readonly alerts: {
    observe(cycle: Cycle, verdict: Verdict): readonly Alert[];
    /** What takes longer to find, and no part waits for: once those are told. */
    observeAfter(cycle: Cycle, verdict: Verdict): readonly Alert[];
    /** See AlertEngine. */
    question: AlertEngine['question'];
    /** What is to be told once the question is answered. */
    explained(question: WhyQuestion, drivers: readonly Driver[], at: Instant): readonly Alert[];
  };
  readonly reject: RejectSignal | null;
  /** Settles within `withinMs`; never rejects. `model` is its hash. */
  readonly predict: (model: string, input: Float32Array, withinMs: number) => Promise<Answer>;
  /** Null: alerts come without the values that drove the model. */
  readonly explainer: Explainer | null;
  /** Snapshot complete → verdict. */
  readonly deadlineMs: number;
  readonly keep: (body: RecordBody, at: Instant) => void;
  readonly onVerdict: (cycle: Cycle, verdict: Verdict) => void;
  readonly onAlert: (alert: Alert) => void;
  /** The machine confirmed the reject signal this long after the snapshot. */
  readonly onRejected: (ms: number) => void;
  /** Monotonic ms. */
  readonly clock: () => number;
}

export interface LineCounts {
  readonly cycles: number;
  readonly ok: number;
  readonly defect: number;
  readonly unscored: Readonly<Record<string, number>>;
  readonly missedDeadlines: number;
  readonly last: { readonly cycle: Cycle; readonly verdict: Verdict } | null;
}

/**
 * The rest takes longer than the write did, and whoever carries the write on to the machine (a
 * converter, a driver, a simulated PLC) may be waiting for this processor: for a moment, all of it.
 */
const breath = (): Promise<void> => sleep(1);

export class MachineLine {
  readonly #parts: LineParts;
  readonly #foresight: Foresight;
  #keeping: Promise<void> = Promise.resolve();
  #ok = 0;
  #defect = 0;
  readonly #unscored: Record<string, number> = {};
  #last: LineCounts['last'] = null;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#foresight = new Foresight(parts);
  }

  /** A snapshot that is being confirmed: asks the model ahead, and changes nothing. */
  foresee(snapshot: Snapshot): void {
    const { tracker, judge, deadlineMs } = this.#parts;
    if (!this.#foresight.worthwhile) return;
    const row = judge.rowOf(tracker.foresee(snapshot));
    if (row !== null) this.#foresight.ahead(row, deadlineMs);
  }

  /** Judges one consistent snapshot. Settles with the verdict given, before the store has it. */
  async onSnapshot(snapshot: Snapshot): Promise<void> {
    const { tracker, judge, clock } = this.#parts;
    const cycle = tracker.complete(snapshot);
    const prepared = judge.prepare(cycle);
    const answered = await this.#ask(cycle, prepared);
    const verdict = judge.conclude(cycle, prepared, answered?.answer ?? null, clock());
    const rejected = this.#divert(verdict);
    if (rejected !== null) await breath();
    this.#finish(cycle, verdict, rejected);
    void this.#explain(cycle, verdict, prepared.model, answered?.tookMs ?? Number.NaN);
  }

  /** Once the alert is out: what drove the model's answer, told as a change of the same alert. */
  async #explain(
    cycle: Cycle,
    verdict: Verdict,
    model: JudgeModel | null,
    answeredMs: number,
  ): Promise<void> {
    const { alerts, explainer, clock } = this.#parts;
    const question = alerts.question(cycle, verdict);
    if (question === null || model === null || explainer === null) return;
    const drivers = await explainer.explain(question, model, answeredMs);
    if (drivers === null) return;
    const monoMs = clock();
    const at = { monoMs, wallMs: cycle.at.wallMs + monoMs - cycle.at.monoMs };
    const told = alerts.explained(question, drivers, at);
    // Kept after the alert as it was raised, which may still wait for its reject write.
    for (const alert of told) this.#parts.onAlert(alert);
    this.#keeping = this.#keeping.then(() => this.#keepAlerts(told));
  }

  /** An answer after the deadline is none: the part has left the place where it could be diverted. */
  async #ask(cycle: Cycle, { input, model }: Prepared): Promise<Answered | null> {
    if (input === null || model === null) return null;
    const { deadlineMs, clock } = this.#parts;
    const until = cycle.times.snapshot + deadlineMs;
    const leftMs = until - clock();
    const row = { model, input };
    const ahead = this.#foresight.take(row);
    const answered = leftMs > 0 ? await (ahead ?? this.#foresight.ask(row, leftMs)) : null;
    if (answered !== null && (answered.answer.kind === 'unscored' || clock() <= until))
      return answered;
    const detail = 'the agent itself was late';
    return { answer: { kind: 'unscored', reason: 'deadline-missed', detail }, tookMs: Number.NaN };
  }

  /** A shot of which nothing consistent was read is still accounted for. */
  onUnseen(shot: number | null, observed: 'torn' | 'missed', at: Instant): void {
    const { tracker, judge, clock } = this.#parts;
    const cycle = tracker.unseen(shot, observed, at);
    this.#finish(cycle, judge.conclude(cycle, judge.prepare(cycle), null, clock()), null);
  }

  /** Alerts that do not come from a cycle: a lost link, a model set aside. */
  tell(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      this.#parts.onAlert(alert);
      this.#parts.keep({ kind: 'alert', alert }, alert.at);
    }
  }

  counts(): LineCounts {
    const unscored = Object.values(this.#unscored).reduce((sum, n) => sum + n, 0);
    return {
      cycles: this.#ok + this.#defect + unscored,
      ok: this.#ok,
      defect: this.#defect,
      unscored: { ...this.#unscored },
      missedDeadlines: this.#unscored['deadline-missed'] ?? 0,
      last: this.#last,
    };
  }

  /** Settles when every verdict so far was handed to the store; asks for no more reasons. */
  async settle(): Promise<void> {
    this.#parts.explainer?.stop();
    await this.#parts.explainer?.settle();
    await this.#keeping;
  }

  /** The reject signal, before anything else is done about a defect; null: none was given. */
  #divert({ outcome }: Verdict): Promise<Instant | null> | null {
    return outcome === 'defect' ? (this.#parts.reject?.pulse() ?? null) : null;
  }

  #finish(cycle: Cycle, verdict: Verdict, rejected: Promise<Instant | null> | null): void {
    const { alerts, clock } = this.#parts;
    this.#count(verdict);
    const raised = alerts.observe(cycle, verdict);
    const alerted = raised.length > 0 ? { alert: clock() } : {};
    const judged = { ...verdict, times: { ...verdict.times, ...alerted } };
    this.#last = { cycle, verdict: judged };
    this.#parts.onVerdict(cycle, judged);
    for (const alert of raised) this.#parts.onAlert(alert);
    const after = alerts.observeAfter(cycle, judged);
    for (const alert of after) this.#parts.onAlert(alert);
    const told = [...raised, ...after];
    this.#keeping = this.#keepInOrder(this.#keeping, cycle, judged, told, rejected);
  }

  /** The record waits for the reject write's time, so that it can show it; the machine does not. */
  async #keepInOrder(
    before: Promise<void>,
    cycle: Cycle,
    verdict: Verdict,
    raised: readonly Alert[],
    rejected: Promise<Instant | null> | null,
  ): Promise<void> {
    await before;
    const at = rejected === null ? null : await rejected;
    if (at !== null) this.#parts.onRejected(at.monoMs - cycle.times.snapshot);
    const times = at === null ? verdict.times : { ...verdict.times, reject: at.monoMs };
    this.#keep(cycle, { ...verdict, times }, raised);
  }

  #keep(cycle: Cycle, verdict: Verdict, raised: readonly Alert[]): void {
    this.#parts.keep({ kind: 'cycle', cycle, verdict }, cycle.at);
    this.#keepAlerts(raised);
  }

  #keepAlerts(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#parts.keep({ kind: 'alert', alert }, alert.at);
  }

  #count(verdict: Verdict): void {
    if (verdict.outcome === 'ok') this.#ok += 1;
    else if (verdict.outcome === 'defect') this.#defect += 1;
    else this.#unscored[verdict.reason] = (this.#unscored[verdict.reason] ?? 0) + 1;
  }
}
