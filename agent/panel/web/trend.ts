/** One feature over the last shots, with its normal band. The words above say the same. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { FeatureView, ShotView } from '../contract.ts';
import { h, html } from './element.ts';
import { SignIcon } from './icons.ts';
import { usePage, useWords } from './page.ts';
import { bandText, directionOf, placeOf, trendText, valueText } from './trend-words.ts';

const heightPx = 102;

/** Canvas takes no `var()`: the colour as the browser works it out for an element. */
function colorOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const color = getComputedStyle(element).color;
  element.style.color = '';
  return color;
}

/** Lowest and highest of values and band with some air; a flat line gets a scale too. */
export function yRange({ values, normalLow, normalHigh }: FeatureView): [number, number] {
  const seen = [...values, normalLow, normalHigh].filter((value) => value !== null);
  if (seen.length === 0) return [0, 1];
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const air = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - air, high + air];
}

interface Colors {
  readonly line: string;
  readonly band: string;
  readonly edge: string;
  readonly text: string;
  readonly off: string;
}

function drawBand(chart: uPlot, { normalLow, normalHigh }: FeatureView, colors: Colors): void {
  if (normalLow === null || normalHigh === null) return;
  const { ctx, bbox } = chart;
  const top = chart.valToPos(normalHigh, 'y', true);
  const bottom = chart.valToPos(normalLow, 'y', true);
  ctx.save();
  ctx.fillStyle = colors.band;
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.strokeStyle = colors.edge;
  ctx.setLineDash([6, 4]);
  ctx.strokeRect(bbox.left, top, bbox.width, bottom - top);
  ctx.restore();
}

/** Values outside the band are squares, so that they stand out without colour too. */
function drawOff(
  chart: uPlot,
  { values, normalLow, normalHigh }: FeatureView,
  colors: Colors,
): void {
  const { ctx } = chart;
  const half = 4 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colors.off;
  values.forEach((value, i) => {
    if (value === null) return;
    const off =
      (normalLow !== null && value < normalLow) || (normalHigh !== null && value > normalHigh);
    if (!off) return;
    const [x, y] = [chart.valToPos(i, 'x', true), chart.valToPos(value, 'y', true)];
    ctx.fillRect(x - half, y - half, half * 2, half * 2);
  });
  ctx.restore();
}

function options(
  feature: FeatureView,
  shots: readonly ShotView[],
  width: number,
  colors: Colors,
): uPlot.Options {
  const axis = {
    stroke: colors.text,
    font: '16px system-ui, sans-serif',
    grid: { show: false },
    ticks: { show: false },
  };
  const [low, high] = yRange(feature);
  const lowest = low + (high - low) * 0.12;
  const name = (index: number): string => String(shots[index]?.shot ?? '');
  return {
    width,
    height: heightPx,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: [low, high] } },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 5,
        space: 90,
        incrs: [5, 10, 20],
        values: (_chart, splits) => splits.map(name),
      },
      {
        ...axis,
        size: 62,
        gap: 4,
        space: 24,
        // One at the very bottom would run into the first number below.
        values: (_chart, splits) =>
          splits.map((value) => (value < lowest ? '' : value.toFixed(feature.decimals))),
      },
    ],
    series: [{}, { stroke: colors.line, width: 2, points: { show: feature.values.length < 3 } }],
    hooks: {
      drawClear: [(chart) => drawBand(chart, feature, colors)],
      draw: [(chart) => drawOff(chart, feature, colors)],
    },
  };
}

function Chart({ feature, shots }: { feature: FeatureView; shots: readonly ShotView[] }): VNode {
  const words = useWords();
  const { theme } = usePage();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let chart: uPlot | null = null;
    const draw = (): void => {
      chart?.destroy();
      const colors = {
        line: colorOf(element, '--text'),
        band: colorOf(element, '--band'),
        edge: colorOf(element, '--band-edge'),
        text: colorOf(element, '--muted'),
        off: colorOf(element, '--off'),
      };
      const data: uPlot.AlignedData = [feature.values.map((_, i) => i), [...feature.values]];
      chart = new uPlot(options(feature, shots, element.clientWidth, colors), data, element);
    };
    // A chart that is scrolled out of sight costs nothing until it is seen.
    let seen = false;
    let width = 0;
    const drawIfNew = (): void => {
      if (!seen || element.clientWidth === width || element.clientWidth === 0) return;
      width = element.clientWidth;
      draw();
    };
    const redraw = (): void => {
      if (width > 0) draw();
    };
    const resized = new ResizeObserver(drawIfNew);
    const scrolled = new IntersectionObserver(([entry]) => {
      seen = entry?.isIntersecting ?? false;
      drawIfNew();
    });
    resized.observe(element);
    scrolled.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', redraw);
    return () => {
      resized.disconnect();
      scrolled.disconnect();
      dark.removeEventListener('change', redraw);
      chart?.destroy();
    };
  }, [feature, shots, theme]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${trendText(feature, words)}></div>`;
}

export interface TrendProps {
  readonly feature: FeatureView;
  readonly shots: readonly ShotView[];
  /** Its part among the values that the model's answer hung on; null: not known. */
  readonly share: number | null;
}

export function Trend({ feature, shots, share }: TrendProps): VNode {
  const words = useWords();
  const place = placeOf(feature);
  const direction = directionOf(feature);
  const off = place === 'tooLow' || place === 'tooHigh';
  const facts = [
    bandText(feature, words),
    ...(direction === null ? [] : [words(direction)]),
    ...(share === null ? [] : [words('share', { n: Math.round(share * 100) })]),
  ].join(' · ');
  return html`<figure class=${`trend${off ? ' off' : ''}`}>
    <figcaption><strong>${words.of(feature.title)}</strong> <b class="value">${valueText(feature, words)}</b>
      ${place !== 'noBand' && place !== 'noValue' && html`<span class="place">${off && h(SignIcon, { sign: 'caution', size: 18 })}${words(place)}</span>`}
      <span class="facts">${facts}</span></figcaption>
    ${h(Chart, { feature, shots })}
  </figure>`;
}
