/** Which cycles must not be scored: try shots, warm-up after a stop, a stopped line. */
import type { ConditionSpec, SuppressSpec } from '../../config/profile.ts';
import type { Reading } from '../records.ts';

type ConditionRule = Extract<SuppressSpec, { when: unknown }>;

export function meets(when: ConditionSpec, value: number): boolean {
  const { equals, notEquals, above, below } = when;
  return (
    (equals !== undefined && value === equals) ||
    (notEquals !== undefined && value !== notEquals) ||
    (above !== undefined && value > above) ||
    (below !== undefined && value < below)
  );
}

/** Suppression state of one machine: each rule counts down the cycles it still covers. */
export class Suppression {
  readonly #rules: readonly SuppressSpec[];
  readonly #optional: ReadonlySet<string>;
  readonly #remaining: number[];

  /** `optionalSignals`: signals whose absence says nothing. */
  constructor(rules: readonly SuppressSpec[], optionalSignals: ReadonlySet<string>) {
    this.#rules = rules;
    this.#optional = optionalSignals;
    this.#remaining = rules.map(() => 0);
  }

  /**
   * Call once per whole cycle, in order. Gives the reason not to score it, or null.
   * A rule whose required signal has no value cannot be ruled out: `state-unknown`.
   * `idleS` is the time since the cycle before, null for the first.
   */
  check(readings: Readonly<Record<string, Reading>>, idleS: number | null): string | null {
    let reason: string | null = null;
    this.#rules.forEach((rule, i) => {
      const said = this.#applyRule(rule, i, readings, idleS);
      reason ??= said;
    });
    return reason;
  }

  #applyRule(
    rule: SuppressSpec,
    index: number,
    readings: Readonly<Record<string, Reading>>,
    idleS: number | null,
  ): string | null {
    const starts =
      'when' in rule ? this.#conditionMet(rule, readings) : (idleS ?? 0) > rule.afterIdleS;
    if (starts === 'unknown') return 'state-unknown';
    if (starts) this.#remaining[index] = rule.cycles;
    const left = this.#remaining[index] ?? 0;
    if (left === 0) return null;
    this.#remaining[index] = left - 1;
    return rule.reason;
  }

  #conditionMet(
    rule: ConditionRule,
    readings: Readonly<Record<string, Reading>>,
  ): boolean | 'unknown' {
    const { signal } = rule.when;
    const value = readings[signal]?.value ?? null;
    if (value !== null) return meets(rule.when, value);
    return this.#optional.has(signal) ? false : 'unknown';
  }
}
