/** What differs from the last run of this mold: medians outside what was normal then, no causes. */
import type { VNode } from 'preact';
import type { MoldChangeView } from '../contract.ts';
import { html } from './element.ts';
import { dayAndTime, withUnit } from './format.ts';
import { useWords } from './page.ts';

export function MoldChange({ change }: { change: MoldChangeView | null }): VNode | null {
  const words = useWords();
  if (change === null) return null;
  const { differences, differing, compared, beforeWallMs } = change;
  const when = dayAndTime(beforeWallMs);
  if (differing === 0) return html`<p class="note">${words('moldSame', { when, n: compared })}</p>`;
  return html`<details class="more mold-change">
    <summary class="touch">${words('moldChanged', { when, n: differing })}</summary>
    <p class="note">${words('moldNote')}</p>
    <ul>${differences.map((one) => {
      const { feature, title, unit, decimals } = one;
      const fixed = (value: number): string => value.toFixed(decimals);
      return html`<li key=${feature}><span>${words.of(title)}</span> <strong>${withUnit(one.now, decimals, unit)}</strong> <small>${words(
        'wasBefore',
        {
          before: withUnit(one.before, decimals, unit),
          low: fixed(one.normalLow),
          high: fixed(one.normalHigh),
        },
      )}</small></li>`;
    })}</ul>
  </details>`;
}
