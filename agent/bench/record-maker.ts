/** Records as ten die-casting machines make them: every signal read, every feature computed. */

import type { Profile } from '../../config/profile.ts';
import type { Cycle, Instant, Reading, RecordBody, Verdict } from '../records.ts';
import { Random } from '../simulator/random.ts';

const machines = 10;

export class RecordMaker {
  readonly #profile: Profile;
  readonly #random: Random;
  readonly #signals: readonly string[];
  #index = 0;

  constructor(profile: Profile, seed: number) {
    this.#profile = profile;
    this.#random = new Random(seed, 'records');
    this.#signals = Object.entries(profile.signals)
      .filter(([, { poll }]) => poll !== 'trigger')
      .map(([name]) => name);
  }

  /** Signal values that one record holds. */
  get readings(): number {
    return this.#signals.length;
  }

  next(): { readonly body: RecordBody; readonly at: Instant } {
    this.#index += 1;
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    const readings = Object.fromEntries(
      this.#signals.map((name) => [name, this.#reading(name, at)] as const),
    );
    const features = Object.fromEntries(
      Object.entries(this.#profile.features).map(
        ([name, { from }]) => [name, readings[from] ?? this.#reading(from, at)] as const,
      ),
    );
    const cycle = this.#cycle(at, readings, features);
    return { body: { kind: 'cycle', cycle, verdict: this.#verdict(cycle) }, at };
  }

  /** As many digits as the register's scale gives. */
  #reading(name: string, at: Instant): Reading {
    const decimals = this.#profile.signals[name]?.decimals ?? 0;
    const value = Number(this.#random.between(10, 800).toFixed(decimals));
    return { value, quality: 'good', at };
  }

  #cycle(at: Instant, readings: Cycle['readings'], features: Cycle['features']): Cycle {
    const times = { trigger: at.monoMs - 1.1, snapshot: at.monoMs - 0.7, features: at.monoMs };
    return {
      machine: `dc-${String((this.#index % machines) + 1).padStart(2, '0')}`,
      profile: this.#profile.id,
      mold: '2101',
      shot: this.#index % 65_536,
      index: this.#index,
      observed: 'whole',
      at,
      readings,
      features,
      suppressed: null,
      times,
    };
  }

  #verdict({ times }: Cycle): Verdict {
    const now = performance.now();
    return {
      outcome: 'ok',
      reason: 'below-threshold',
      detail: null,
      judge: 'model',
      probability: this.#random.between(0, 0.1),
      threshold: 0.35,
      model: { name: 'diecast-defect', version: '1.0.0', hash: 'a1'.repeat(32) },
      flags: [],
      breaches: [],
      times: { ...times, inference: now, verdict: now },
    };
  }
}
