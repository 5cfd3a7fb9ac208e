/** One mold's scores over time: envelope, threshold, defects, what was not scored, and its alerts. */
import type { CheckedAlert } from '../alert-figures.ts';
import type { JudgedShot } from '../shot.ts';
import type { Axis } from './axis.ts';
import { half, marks, type Point, rect, text } from './marks.ts';

export interface BandData {
  readonly title: string;
  readonly shots: readonly JudgedShot[];
  readonly alerts: readonly CheckedAlert[];
}

export interface BandPlace {
  readonly axis: Axis;
  readonly top: number;
  readonly left: number;
  readonly right: number;
  /** Of the scores alone; strips for alerts and unscored shots lie above and below. */
  readonly height: number;
  readonly low: number;
  readonly high: number;
  readonly threshold: number;
  /** Places of the shots before and after each time without shots. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** Time of a row. */
  readonly wallMsOf: (row: number) => number | null;
}

const titleHeight = 18;
const stripHeight = 9;
/** All that a band takes beside its scores. */
export const bandExtra = titleHeight + 2 * (stripHeight + 3) + 8;

export function band({ title, shots, alerts }: BandData, place: BandPlace): string {
  const { left, right, height } = place;
  const alertTop = place.top + titleHeight;
  const top = alertTop + stripHeight + 3;
  const y = yScale(place, top);
  const width = right - left;
  return [
    '<g>',
    text({ x: left, y: place.top + 13 }, title, ' class="name"'),
    rect({ x: left, y: top, width, height }, 'ground'),
    ...place.gaps.map(({ from, to }) => rect({ x: from, y: top, width: to - from, height }, 'gap')),
    yTicks(place, y),
    envelope(shots, place.axis, y),
    thresholdLine(place, y),
    shotMarks(shots, place, y),
    unscored(shots, place.axis, top + height + 3),
    ...alerts.map((alert) => alertBar(alert, place, alertTop)),
    '</g>',
  ].join('\n');
}

type Scale = (score: number) => number;

function yScale({ low, high, height }: BandPlace, top: number): Scale {
  const span = high - low || 1;
  return (score) => top + height - 4 - ((score - low) / span) * (height - 8);
}

function yTicks({ low, high, left, right }: BandPlace, y: Scale): string {
  const digits = high - low >= 10 ? 0 : high - low >= 1 ? 1 : 2;
  return [low, (low + high) / 2, high]
    .map((score) => {
      const at = half(y(score));
      const label = text({ x: left - 6, y: at + 4 }, score.toFixed(digits), ' class="tick end"');
      return `<path class="grid" d="M${left} ${at}H${right}"/>${label}`;
    })
    .join('');
}

function thresholdLine({ threshold, left, right }: BandPlace, y: Scale): string {
  return `<path class="threshold" d="M${left} ${half(y(threshold))}H${right}"/>`;
}

/** Lowest to highest score of each pixel column: nothing between is hidden, nothing is averaged. */
function envelope(shots: readonly JudgedShot[], axis: Axis, y: Scale): string {
  const columns = new Map<number, { low: number; high: number }>();
  for (const shot of shots) {
    const { score } = shot;
    if (score === null) continue;
    const x = Math.round(axis.x(shot));
    const known = columns.get(x);
    if (known === undefined) columns.set(x, { low: score, high: score });
    else {
      known.low = Math.min(known.low, score);
      known.high = Math.max(known.high, score);
    }
  }
  const path = [...columns].map(([x, { low, high }]) => {
    const [bottom, top] = [half(y(low)), half(y(high))];
    // A line of no length is not drawn by every program.
    return `M${x} ${bottom}V${top === bottom ? top - 1 : top}`;
  });
  return path.length === 0 ? '' : `<path class="scores" d="${path.join('')}"/>`;
}

function shotMarks(shots: readonly JudgedShot[], place: BandPlace, y: Scale): string {
  const found: Point[] = [];
  const missed: Point[] = [];
  const wrong: Point[] = [];
  for (const shot of shots) {
    const { score, label } = shot;
    if (score === null || label === null) continue;
    const called = score >= place.threshold;
    if (label === 0 && !called) continue;
    const point = { x: place.axis.x(shot), y: y(score) };
    if (label === 0) wrong.push(point);
    else (called ? found : missed).push(point);
  }
  return (
    marks('cross', wrong, 'wrong') +
    marks('triangle', found, 'found') +
    marks('ring', missed, 'missed')
  );
}

/** Ticks below the scores; taller where an unscored shot was a defect. */
function unscored(shots: readonly JudgedShot[], axis: Axis, top: number): string {
  const columns = new Map<number, boolean>();
  for (const shot of shots) {
    if (shot.score !== null) continue;
    const x = Math.round(axis.x(shot));
    columns.set(x, (columns.get(x) ?? false) || shot.label === 1);
  }
  const path = (wanted: boolean): string =>
    [...columns]
      .filter(([, isDefect]) => isDefect === wanted)
      .map(([x]) => `M${x} ${top}v${wanted ? stripHeight : stripHeight / 2}`)
      .join('');
  const [plain, defect] = [path(false), path(true)];
  return (
    (plain === '' ? '' : `<path class="unscored" d="${plain}"/>`) +
    (defect === '' ? '' : `<path class="unscored-defect" d="${defect}"/>`)
  );
}

/** Full for a true one, hollow for a false one, dashed where nothing was inspected. */
function alertBar(alert: CheckedAlert, { axis, right, wallMsOf }: BandPlace, top: number): string {
  const { raisedRow, clearedRow, isTrue } = alert;
  const at = (row: number): number => axis.x({ row, wallMs: wallMsOf(row) });
  const from = at(raisedRow);
  const to = clearedRow === null ? right : at(clearedRow);
  const kind = isTrue === null ? 'alert unsure' : isTrue ? 'alert true' : 'alert false';
  return rect({ x: from, y: top, width: Math.max(2, to - from), height: stripHeight }, kind);
}
