/** Control charts as one SVG: days from left to right, limits, and what lies beyond them. */
import { escaped, half, marks, rect, text } from '../backtest/picture/marks.ts';
import type { Chart, ChartPoint } from '../effect/control-charts.ts';
import type { EffectCharts } from '../effect/effect.ts';
import type { Text } from '../records.ts';
import type { Language } from '../words.ts';
import { pictureStyle } from './picture-style.ts';

const width = 1000;
const left = 64;
const right = width - 12;
const plotHeight = 150;
const titleHeight = 24;
const axisHeight = 24;
const mostLabels = 8;

interface Plot {
  readonly title: Text;
  /** Drawn over each other, on one scale. */
  readonly charts: readonly Chart[];
  /** Of a value, as the axis says it. */
  readonly show: (value: number) => string;
}

const percentText = (value: number): string => `${(value * 100).toFixed(1)} %`;

const rateTitles = {
  p: { ko: '불량률 p 관리도', en: 'p chart of the defect rate' },
  'laney-p': {
    ko: '불량률 Laney p′ 관리도 (날마다 다른 만큼 넓힌 한계)',
    en: 'Laney p′ chart of the defect rate (limits widened by how days differ)',
  },
} as const;

function plotsOf({ rate, ewma, cusum }: EffectCharts, isShort: boolean): Plot[] {
  const title = rate.kind === 'p' ? rateTitles.p : rateTitles['laney-p'];
  const first: Plot = { title, charts: [rate], show: percentText };
  if (isShort) return [first];
  return [
    first,
    {
      title: { ko: 'EWMA (λ 0.2, L 2.7), 단위 σ', en: 'EWMA (λ 0.2, L 2.7), in σ' },
      charts: [ewma],
      show: (value) => value.toFixed(1),
    },
    {
      title: { ko: 'CUSUM (k 0.5, h 5), 단위 σ', en: 'CUSUM (k 0.5, h 5), in σ' },
      charts: [cusum.up, cusum.down],
      show: (value) => value.toFixed(1),
    },
  ];
}

/** `firstAfter`: day from which on the change was there; null: by turns. `isShort`: the rate alone. */
export function controlPicture(
  charts: EffectCharts,
  { lang, firstAfter, isShort }: { lang: Language; firstAfter: string | null; isShort: boolean },
): string {
  const plots = plotsOf(charts, isShort);
  const each = titleHeight + plotHeight;
  const labels = charts.rate.points.map(({ label }) => label);
  const boundary = firstAfter === null ? -1 : labels.findIndex((label) => label >= firstAfter);
  const x = xScale(labels.length);
  const drawn = plots.map((plot, at) => drawPlot(plot, at * each, { x, boundary, lang }));
  const height = plots.length * each + axisHeight;
  const name = plots[0]?.title[lang] ?? '';
  return [
    `<svg class="er" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(name)}">`,
    `<style>${pictureStyle}</style>`,
    ...drawn,
    dayLabels(labels, x, plots.length * each + 16),
    '</svg>',
  ].join('\n');
}

type Scale = (value: number) => number;

const xScale = (count: number): Scale => {
  const step = (right - left) / Math.max(1, count);
  return (at) => left + (at + 0.5) * step;
};

function drawPlot(
  { title, charts, show }: Plot,
  top: number,
  { x, boundary, lang }: { x: Scale; boundary: number; lang: Language },
): string {
  const groundTop = top + titleHeight;
  const [low, high] = rangeOf(charts);
  const y: Scale = (value) =>
    groundTop + plotHeight - 10 - ((value - low) / (high - low)) * (plotHeight - 16);
  const ticks = [low, (low + high) / 2, high].map(
    (value) =>
      `<path class="grid" d="M${left} ${half(y(value))}H${right}"/>${text({ x: left - 6, y: y(value) + 4 }, show(value), ' class="tick end"')}`,
  );
  const split = boundary < 1 ? '' : boundaryLine((x(boundary - 1) + x(boundary)) / 2, groundTop);
  return [
    text({ x: left, y: top + 16 }, title[lang], ' class="name"'),
    rect({ x: left, y: groundTop, width: right - left, height: plotHeight - 4 }, 'ground'),
    ...ticks,
    split,
    ...charts.map((chart) => drawChart(chart, x, y)),
  ].join('');
}

const boundaryLine = (x: number, top: number): string =>
  `<path class="change" d="M${half(x)} ${top}v${plotHeight - 4}"/>`;

function drawChart({ centre, points }: Chart, x: Scale, y: Scale): string {
  const line = (of: (point: ChartPoint) => number): string =>
    points
      .map((point, at) => `${at === 0 ? 'M' : 'L'}${half(x(at))} ${half(y(of(point)))}`)
      .join('');
  const beyond = points.flatMap((point, at) =>
    point.signal === null ? [] : [{ x: x(at), y: y(point.value) }],
  );
  return [
    `<path class="limit" d="${line(({ low }) => low)}"/>`,
    `<path class="limit" d="${line(({ high }) => high)}"/>`,
    `<path class="centre" d="M${left} ${half(y(centre))}H${right}"/>`,
    `<path class="values" d="${line(({ value }) => value)}"/>`,
    marks('ring', beyond, 'signal'),
  ].join('');
}

function rangeOf(charts: readonly Chart[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points } of charts)
    for (const point of points) {
      low = Math.min(low, point.low, point.value);
      high = Math.max(high, point.high, point.value);
    }
  return high > low ? [low, high] : [low, low + 1];
}

export function dayLabels(labels: readonly string[], x: Scale, y: number): string {
  const step = Math.max(1, Math.ceil(labels.length / mostLabels));
  return labels
    .flatMap((label, at) => {
      if (at % step !== 0) return [];
      const place = Math.min(Math.max(x(at), left), right - 36);
      return [text({ x: place, y }, label, ' class="tick mid"')];
    })
    .join('');
}
