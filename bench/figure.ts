/** What a benchmark gives: figures with their budgets, and the judgement on each. */

/** As in the product's budgets; a figure may have either bound. */
export interface Budget {
  readonly most?: number;
  readonly least?: number;
}

export interface Figure {
  readonly name: string;
  /** null: it could not be measured, and `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  readonly budget: Budget | null;
  readonly note: string;
}

export type Judgement = 'met' | 'missed' | 'not measured' | 'no budget';

export interface Outcome {
  readonly figures: readonly Figure[];
  /** How it was measured, and what to know when reading the figures. */
  readonly remarks: readonly string[];
}

export interface BenchContext {
  /** How long the benchmark may measure; null: its own length. */
  readonly seconds: number | null;
  /** An empty directory on a real disk, removed afterwards. */
  readonly dir: string;
  /** Progress for whoever waits. */
  readonly say: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<Outcome>;
}

export function figure(
  name: string,
  value: number | null,
  unit: string,
  more: { readonly budget?: Budget; readonly note?: string } = {},
): Figure {
  return { name, value, unit, budget: more.budget ?? null, note: more.note ?? '' };
}

export function judge({ value, budget }: Figure): Judgement {
  if (value === null || !Number.isFinite(value)) return 'not measured';
  if (budget === null) return 'no budget';
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = budget;
  return value <= most && value >= least ? 'met' : 'missed';
}
