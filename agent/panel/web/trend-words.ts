/** What a chart shows, in words: value, band, where it stands, where it goes. */
import type { FeatureView } from '../contract.ts';
import { withUnit } from './format.ts';
import type { Words } from './page.ts';

export type Place = 'tooLow' | 'inBand' | 'tooHigh' | 'noBand' | 'noValue';
export type Direction = 'rising' | 'falling' | 'steady';

/** How many good values a direction is taken from, at most and at least. */
const most = 20;
const least = 5;
/** A change of less than this part of the band's width is none. */
const steadyPart = 0.25;

export function lastValue({ values }: FeatureView): number | null {
  return values.at(-1) ?? null;
}

export function placeOf(feature: FeatureView): Place {
  const value = lastValue(feature);
  const { normalLow, normalHigh } = feature;
  if (value === null) return 'noValue';
  if (normalLow === null && normalHigh === null) return 'noBand';
  if (normalLow !== null && value < normalLow) return 'tooLow';
  return normalHigh !== null && value > normalHigh ? 'tooHigh' : 'inBand';
}

/** By the least-squares line through the last good values; null where too little is known. */
export function directionOf({ values, normalLow, normalHigh }: FeatureView): Direction | null {
  const good = values.filter((value) => value !== null).slice(-most);
  if (good.length < least || normalLow === null || normalHigh === null) return null;
  const middle = (good.length - 1) / 2;
  const mean = good.reduce((sum, value) => sum + value, 0) / good.length;
  let products = 0;
  let squares = 0;
  good.forEach((value, i) => {
    products += (i - middle) * (value - mean);
    squares += (i - middle) ** 2;
  });
  const change = (products / squares) * (good.length - 1);
  if (Math.abs(change) <= (normalHigh - normalLow) * steadyPart) return 'steady';
  return change > 0 ? 'rising' : 'falling';
}

export function bandText({ normalLow, normalHigh, decimals }: FeatureView, words: Words): string {
  if (normalLow === null && normalHigh === null) return words('noBand');
  const shown = (value: number | null): string => (value === null ? '' : value.toFixed(decimals));
  return words('band', { low: shown(normalLow), high: shown(normalHigh) });
}

export function valueText(feature: FeatureView, words: Words): string {
  const value = lastValue(feature);
  return value === null ? words('noValue') : withUnit(value, feature.decimals, feature.unit);
}

/** `비스킷 두께 18.4 mm, 기준 22.1~27.9, 낮음, 하락` */
export function trendText(feature: FeatureView, words: Words): string {
  const place = placeOf(feature);
  const direction = directionOf(feature);
  return [
    `${words.of(feature.title)} ${valueText(feature, words)}`,
    bandText(feature, words),
    ...(place === 'noBand' || place === 'noValue' ? [] : [words(place)]),
    ...(direction === null ? [] : [words(direction)]),
  ].join(', ');
}
