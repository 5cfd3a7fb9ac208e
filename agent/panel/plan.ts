/** What the panel is told of the plant when it starts: names, words and units; plain data. */
import type { PanelConfig } from '../../config/panel-schema.ts';
import type { ProductionConfig } from '../../config/production-schema.ts';
import type { Text } from '../records.ts';
import type { Looks } from '../words.ts';

export interface FeaturePlan {
  readonly title: Text;
  readonly unit: string;
  readonly decimals: number;
  /** The middle 90 % of good shots in the model's training; null: not known. */
  readonly normal: { readonly low: number; readonly median: number; readonly high: number } | null;
}

export interface MachinePlan {
  readonly id: string;
  readonly name: string;
  readonly cycleWord: Text;
  readonly features: Readonly<Record<string, FeaturePlan>>;
  /** Titles of the signals that are read with a shot. */
  readonly signals: Readonly<Record<string, Text>>;
  readonly defects: Readonly<Record<string, { readonly title: Text; readonly action: Text }>>;
  /** Parts of one shot; one '' where none are told apart. */
  readonly parts: readonly string[];
  /** Planned ms of a cycle, or by mold; null: not configured. */
  readonly idealCycleMs: number | Readonly<Record<string, number>> | null;
}

/** A reason that a person may give for a stop. */
export interface ReasonPlan {
  readonly code: string;
  readonly title: Text;
}

/** As the table of words asks for it. */
export function looksOf({ features }: MachinePlan): Looks {
  const named = Object.entries(features).map(([name, { title, unit, decimals }]) => [
    name,
    { title, unit, decimals, from: name },
  ]);
  return { features: Object.fromEntries(named), signals: {} };
}

export interface PanelPlan {
  /** Null: pages are served nowhere; `ppuri watch` sees the plant all the same. */
  readonly settings: PanelConfig | null;
  readonly gateway: string;
  readonly site: string;
  readonly locale: 'ko' | 'en';
  /** When shifts begin by the local clock: `08:00`. */
  readonly shifts: readonly string[];
  readonly production: ProductionConfig;
  readonly machines: readonly MachinePlan[];
}
