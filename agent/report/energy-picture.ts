/** What the days after used, against what the baseline expected of them. */
import { escaped, half, rect, text } from '../backtest/picture/marks.ts';
import type { EnergyEffect } from '../effect/energy-result.ts';
import type { Language } from '../words.ts';
import { dayLabels } from './control-picture.ts';
import { few } from './figures.ts';
import { pictureStyle } from './picture-style.ts';

const width = 1000;
const left = 64;
const right = width - 12;
const top = 26;
const height = 180;

export function energyPicture({ course }: EnergyEffect, lang: Language): string {
  const all = course.flatMap(({ actualKwh, expectedKwh }) => [actualKwh, expectedKwh]);
  const [low, most] = [Math.min(...all), Math.max(...all)];
  const high = most > low ? most : low + 1;
  const step = (right - left) / Math.max(1, course.length);
  const x = (at: number): number => left + (at + 0.5) * step;
  const y = (value: number): number =>
    top + height - 8 - ((value - low) / (high - low)) * (height - 16);
  const line = (of: (day: EnergyEffect['course'][number]) => number): string =>
    course.map((day, at) => `${at === 0 ? 'M' : 'L'}${half(x(at))} ${half(y(of(day)))}`).join('');
  const title = {
    ko: '하루 전력 (kWh): 실선은 실제, 점선은 변경 전 기준선의 예상',
    en: 'kWh a day: solid is actual, dashed is what the baseline expected',
  }[lang];
  return [
    `<svg class="er" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + height + 26}" role="img" aria-label="${escaped(title)}">`,
    `<style>${pictureStyle}</style>`,
    text({ x: left, y: 16 }, title, ' class="name"'),
    rect({ x: left, y: top, width: right - left, height }, 'ground'),
    ...[low, (low + high) / 2, high].map(
      (value) =>
        `<path class="grid" d="M${left} ${half(y(value))}H${right}"/>${text({ x: left - 6, y: y(value) + 4 }, few(value), ' class="tick end"')}`,
    ),
    `<path class="expected" d="${line(({ expectedKwh }) => expectedKwh)}"/>`,
    `<path class="values" d="${line(({ actualKwh }) => actualKwh)}"/>`,
    dayLabels(
      course.map(({ day }) => day),
      x,
      top + height + 18,
    ),
    '</svg>',
  ].join('\n');
}
