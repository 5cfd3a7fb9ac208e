/** Differences with their intervals, one a line: of all together, and of each mold. */
import { escaped, half, rect, text } from '../backtest/picture/marks.ts';
import type { Estimate } from '../effect/rates.ts';
import type { Language } from '../words.ts';
import { pointsText } from './figures.ts';
import { pictureStyle } from './picture-style.ts';

export interface ForestRow {
  readonly name: string;
  readonly difference: Estimate;
}

const width = 1000;
const left = 250;
const right = 740;
const rowHeight = 24;
const top = 26;
/** For the word on one side of no difference. */
const sideRoom = 80;

/** Null: nothing to draw. */
export function forestPicture(rows: readonly ForestRow[], lang: Language): string | null {
  if (rows.length === 0) return null;
  const low = Math.min(0, ...rows.map(({ difference }) => difference.low));
  const high = Math.max(0, ...rows.map(({ difference }) => difference.high));
  const x = (value: number): number =>
    left + 8 + ((value - low) / (high - low || 1)) * (right - left - 16);
  const bottom = top + rows.length * rowHeight;
  const better = { ko: '← 낮아짐', en: '← better' }[lang];
  const worse = { ko: '높아짐 →', en: 'worse →' }[lang];
  const title = {
    ko: '불량률 차이와 95 % 신뢰구간',
    en: 'Difference of the defect rate with 95 % intervals',
  }[lang];
  return [
    `<svg class="er" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 24}" role="img" aria-label="${escaped(title)}">`,
    `<style>${pictureStyle}</style>`,
    text({ x: 0, y: 16 }, title, ' class="name"'),
    rect({ x: left, y: top, width: right - left, height: bottom - top }, 'ground'),
    `<path class="change" d="M${half(x(0))} ${top}V${bottom}"/>`,
    ...rows.map(({ name, difference }, at) => {
      const y = top + (at + 0.5) * rowHeight;
      const { low: from, high: to, value } = difference;
      return [
        text({ x: 0, y: y + 4 }, shortened(name)),
        `<path class="interval" d="M${half(x(from))} ${y}H${half(x(to))}M${half(x(from))} ${y - 4}v8M${half(x(to))} ${y - 4}v8"/>`,
        rect({ x: x(value) - 4, y: y - 4, width: 8, height: 8 }, 'point'),
        text({ x: right + 10, y: y + 4 }, pointsText(difference)[lang]),
      ].join('');
    }),
    x(0) - left < sideRoom
      ? ''
      : text({ x: x(0) - 6, y: bottom + 16 }, better, ' class="tick end"'),
    right - x(0) < sideRoom ? '' : text({ x: x(0) + 6, y: bottom + 16 }, worse, ' class="tick"'),
    '</svg>',
  ].join('\n');
}

/** Korean letters are twice as wide. */
function shortened(name: string): string {
  let room = 34;
  let kept = '';
  for (const letter of name) {
    room -= /[\u1100-\uffdc]/.test(letter) ? 2 : 1;
    if (room < 1) return `${kept}…`;
    kept += letter;
  }
  return kept;
}
