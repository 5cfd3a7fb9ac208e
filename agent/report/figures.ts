/** How figures of a report are written: the same in both languages, but for percentage points. */
import type { Estimate, RatioEstimate } from '../effect/rates.ts';
import type { Text } from '../records.ts';

/** Nothing is known. */
export const unknown = '-';

const minus = (text: string): string => text.replace('-', '−');

export const whole = (value: number): string =>
  minus(Math.round(value).toLocaleString('en-US').replace(/^-0$/, '0'));

/** `3.02 %`, of a share. */
export const percent = (value: number, digits = 2): string =>
  `${minus((value * 100).toFixed(digits))} %`;

/** `3.02 % (2.61 ~ 3.49)`. */
export function rateText({ value, low, high }: Estimate): string {
  return `${percent(value)} (${(low * 100).toFixed(2)} ~ ${(high * 100).toFixed(2)})`;
}

/** Two digits, without a minus before nothing. */
export const fixed = (value: number, digits = 2): string =>
  minus(value.toFixed(digits).replace(/^-(?=0(?:\.0+)?$)/, ''));

const signed = (value: number, digits: number): string => {
  const text = value.toFixed(digits);
  return Number(text) > 0 ? `+${text}` : minus(text);
};

/** `−1.54 %p (−1.90 ~ −1.18)`: percentage points. */
export function pointsText({ value, low, high }: Estimate): Text {
  const [own, from, to] = [value, low, high].map((one) => signed(one * 100, 2));
  return { ko: `${own} %p (${from} ~ ${to})`, en: `${own} pp (${from} ~ ${to})` };
}

/** `0.49 (0.38 ~ 0.63)`; no upper end where the rate before may be 0. */
export function ratioText({ value, low, high }: RatioEstimate): string {
  if (value === null) return unknown;
  const to = high === null ? '∞' : high.toFixed(2);
  return `${value.toFixed(2)} (${low.toFixed(2)} ~ ${to})`;
}

/** `+1,234 (−20 ~ +2,400)`, of counts and money. */
export function amountText({ value, low, high }: Estimate): string {
  const [own, from, to] = [value, low, high].map((one) => {
    const text = whole(one);
    return Math.round(one) > 0 ? `+${text}` : text;
  });
  return `${own} (${from} ~ ${to})`;
}

/** Four significant digits. */
export const few = (value: number): string =>
  Math.abs(value) >= 1000 ? whole(value) : minus(String(Number(value.toPrecision(4))));

/** `12.1 (10.2 ~ 14.0)`. */
export const fewText = ({ value, low, high }: Estimate): string =>
  `${few(value)} (${few(low)} ~ ${few(high)})`;

/** `p = 0.011`. */
export const chance = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);
