/** The figures of one group of shots, with how sure they are. */
import { aucInterval, type Interval } from '../../models/auc-interval.ts';
import { type Metrics, measure } from '../../models/metrics.ts';
import { type SharedOut, shareOf } from '../../models/share.ts';
import type { ScoredShot } from './shot.ts';

/** Fewer of a kind than this in a part of the history carry no figure. */
export const leastOfAKind = 5;

export interface Figures extends Metrics {
  /** 95 %: Newcombe's of the AUC, Wilson's of shares. Takes shots as independent of each other. */
  readonly intervals: {
    readonly auc: Interval | null;
    readonly baseRate: SharedOut;
    readonly recall: SharedOut;
    readonly falseAlarmRate: SharedOut;
    readonly precision: SharedOut;
  };
  readonly defects: number;
}

/** Of a part of the history, where a figure that too few shots carry is null. */
export interface PartFigures extends Figures {
  readonly tooFew: 'defects' | 'good' | null;
}

export function figuresOf(shots: readonly ScoredShot[], threshold: number): Figures {
  const metrics = measure(
    shots.map(({ score }) => score),
    shots.map(({ label }) => label),
    threshold,
  );
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = metrics;
  const [defects, good] = [truePositives + falseNegatives, falsePositives + trueNegatives];
  return {
    ...metrics,
    defects,
    intervals: {
      auc: aucInterval(metrics.auc, defects, good),
      baseRate: shareOf(defects, metrics.n),
      recall: shareOf(truePositives, defects),
      falseAlarmRate: shareOf(falsePositives, good),
      precision: shareOf(truePositives, truePositives + falsePositives),
    },
  };
}

const unsaid = ({ count, of }: SharedOut): SharedOut => ({
  ...{ count, of },
  ...{ value: null, low: null, high: null },
});

/** The same of a mold or a window, with null for what too few shots would have to carry. */
export function partFigures(shots: readonly ScoredShot[], threshold: number): PartFigures {
  const figures = figuresOf(shots, threshold);
  const { intervals, defects } = figures;
  const fewDefects = defects < leastOfAKind;
  const fewGood = figures.n - defects < leastOfAKind;
  if (!fewDefects && !fewGood) return { ...figures, tooFew: null };
  return {
    ...figures,
    ...{ auc: null, ap: null },
    recall: fewDefects ? null : figures.recall,
    falseAlarmRate: fewGood ? null : figures.falseAlarmRate,
    intervals: {
      ...intervals,
      auc: null,
      recall: fewDefects ? unsaid(intervals.recall) : intervals.recall,
      falseAlarmRate: fewGood ? unsaid(intervals.falseAlarmRate) : intervals.falseAlarmRate,
    },
    tooFew: fewDefects ? 'defects' : 'good',
  };
}
