/** Which shots the profile's own rules leave out: what a careful reader of the machine should say. */
import type { SuppressSpec } from '../../config/profile.ts';

export class SuppressionHint {
  readonly #rules: readonly SuppressSpec[];
  readonly #left: number[];

  constructor(rules: readonly SuppressSpec[]) {
    this.#rules = rules;
    this.#left = rules.map(() => 0);
  }

  /** Call once per shot, in order. `idleS`: simulated seconds since the shot before. */
  check(values: Readonly<Record<string, number | null>>, idleS: number): string | null {
    let reason: string | null = null;
    this.#rules.forEach((rule, i) => {
      if (starts(rule, values, idleS)) this.#left[i] = rule.cycles;
      const left = this.#left[i] ?? 0;
      if (left === 0) return;
      this.#left[i] = left - 1;
      reason ??= rule.reason;
    });
    return reason;
  }
}

function starts(
  rule: SuppressSpec,
  values: Readonly<Record<string, number | null>>,
  idleS: number,
): boolean {
  if (!('when' in rule)) return idleS > rule.afterIdleS;
  const { signal, equals, notEquals, above, below } = rule.when;
  const value = values[signal] ?? null;
  if (value === null) return false;
  return (
    (equals !== undefined && value === equals) ||
    (notEquals !== undefined && value !== notEquals) ||
    (above !== undefined && value > above) ||
    (below !== undefined && value < below)
  );
}
