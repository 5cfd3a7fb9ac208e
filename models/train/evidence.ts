/** What is known of a model's worth, how sure that is, and whether it is worth anything at all. */
import { auc, averagePrecision, type Metrics, measure } from '../metrics.ts';
import { type SharedOut, shareOf } from '../share.ts';
import { randomFrom } from './random.ts';

/** All null where there are too few defects or good parts to tell. */
export interface Interval {
  readonly value: number | null;
  /** 95 %, by drawing rows again. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Evidence {
  /** `later`: the last rows by time. `held`: rows held back while learning. */
  readonly from: 'later' | 'held';
  readonly rows: number;
  readonly defects: number;
  readonly auc: Interval;
  readonly ap: Interval;
  readonly recall: SharedOut;
  readonly falseAlarms: SharedOut;
  readonly precision: SharedOut;
  readonly metrics: Metrics;
}

export interface Unfit {
  readonly ko: string;
  readonly en: string;
}

const draws = 200;
/** Fewer than this of a kind rank nothing: one defect gives an AUC of 0 or of 1. */
export const fewest = 10;
const unknown: Interval = { value: null, low: null, high: null };

/** One part of held rows; several parts (folds) are each ranked by themselves. */
export interface Scored {
  readonly scores: Float64Array;
  /** 1 for a defect. */
  readonly labels: Uint8Array;
}

export function evidenceOf(
  from: Evidence['from'],
  parts: readonly Scored[],
  threshold: number,
  seed: number,
): Evidence {
  const scores = Float64Array.from(parts.flatMap((part) => Array.from(part.scores)));
  const labels = Uint8Array.from(parts.flatMap((part) => Array.from(part.labels)));
  const metrics = measure(scores, labels, threshold);
  const { truePositives: hits, falsePositives: alarms } = metrics;
  const defects = hits + metrics.falseNegatives;
  const isEnough = Math.min(defects, labels.length - defects) >= fewest;
  return {
    from,
    rows: labels.length,
    defects,
    auc: isEnough ? interval(parts, auc, seed) : unknown,
    ap: isEnough ? interval(parts, averagePrecision, seed) : unknown,
    recall: shareOf(hits, defects),
    falseAlarms: shareOf(alarms, labels.length - defects),
    precision: shareOf(hits, hits + alarms),
    metrics,
  };
}

type Measure = (scores: Float64Array, labels: Uint8Array) => number | null;

/** Mean over the parts, with the middle 95 % of what drawing the rows again gives. */
function interval(parts: readonly Scored[], of: Measure, seed: number): Interval {
  const value = meanOf(parts, of);
  if (value === null) return { value, low: null, high: null };
  const random = randomFrom(seed);
  const again = Array.from({ length: draws }, () =>
    meanOf(
      parts.map((part) => draw(part, random)),
      of,
    ),
  )
    .filter((one) => one !== null)
    .sort((a, b) => a - b);
  const at = (share: number) => again[Math.round(share * (again.length - 1))] ?? null;
  return { value, low: at(0.025), high: at(0.975) };
}

function meanOf(parts: readonly Scored[], of: Measure): number | null {
  const values = parts
    .map(({ scores, labels }) => of(scores, labels))
    .filter((one) => one !== null);
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
}

function draw({ scores, labels }: Scored, random: () => number): Scored {
  const rows = Uint32Array.from(labels, () => Math.floor(random() * labels.length));
  return {
    scores: Float64Array.from(rows, (row) => scores[row] ?? 0),
    labels: Uint8Array.from(rows, (row) => labels[row] ?? 0),
  };
}

/** AUC of a coin is .5; below this a shop gains nothing by listening. */
export const leastAuc = 0.6;

const percent = (value: number): string => value.toFixed(2);

/** Null when the model may be used. */
export function unfitReason(evidence: Evidence): Unfit | null {
  const { value, low, high } = evidence.auc;
  if (value === null || low === null || high === null)
    return {
      ko: '남겨 둔 샷에 불량이나 양품이 너무 적어 모델이 맞는지 확인할 수 없습니다',
      en: 'the rows held back hold too few defects or good parts: nothing says whether a model is right',
    };
  const figures = `AUC ${percent(value)} (95 % ${percent(low)}–${percent(high)}), ${evidence.defects} defects`;
  if (low <= 0.5)
    return {
      ko: `이 데이터로는 불량을 예측할 수 없습니다. 찍는 것과 다르지 않습니다: AUC ${percent(value)} (95 % 구간 ${percent(low)}–${percent(high)}, 불량 ${evidence.defects}건)`,
      en: `these data cannot tell defects from good parts: near chance, ${figures}`,
    };
  if (low < leastAuc)
    return {
      ko: `이 데이터로 만든 모델은 쓸 만하지 않습니다: AUC ${percent(value)} (95 % 구간 ${percent(low)}–${percent(high)}, 불량 ${evidence.defects}건)`,
      en: `a model from these data may be hardly better than chance: ${figures}`,
    };
  return null;
}
