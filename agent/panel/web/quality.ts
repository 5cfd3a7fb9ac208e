/** How good the verdicts were, by what inspection found; a share never stands without its base. */
import type { VNode } from 'preact';
import type { QualityPage, QualityRow, ShareView } from '../contract.ts';
import { h, html } from './element.ts';
import { count, dayAndTime, percent } from './format.ts';
import { useWords, type Words } from './page.ts';
import { useRead } from './reading.ts';
import { Table } from './table.ts';

/** `91.3 % (21/23, 73.2~97.6 %)`; nothing to divide by: a dash. */
function shareText(share: ShareView): string {
  const { count: part, of, low, high } = share;
  if (of === 0) return '–';
  const interval =
    low === null || high === null ? '' : `, ${(low * 100).toFixed(1)}~${(high * 100).toFixed(1)} %`;
  return `${percent(part / of)} (${part}/${of}${interval})`;
}

function row(quality: QualityRow, words: Words, i: number): { key: string; cells: string[] } {
  const { machineName, mold, model, shiftFromWallMs, labelled, judged, recall } = quality;
  return {
    key: String(i),
    cells: [
      machineName,
      mold ?? '–',
      model ?? '–',
      shiftFromWallMs === null ? '–' : dayAndTime(shiftFromWallMs),
      `${count(labelled)} / ${count(judged)}`,
      shareText(quality.baseRate),
      shareText(quality.precision),
      recall === null ? words('notEnough') : shareText(recall),
      count(quality.missed),
      count(quality.falseAlarms),
    ],
  };
}

export function QualityView(): VNode {
  const words = useWords();
  const { value, problem } = useRead<QualityPage>('/api/quality');
  const columns = [
    words('machine'),
    words('mold', { mold: '' }).trim(),
    words('model'),
    words('shiftColumn'),
    words('labelledOf'),
    words('baseRate'),
    words('precision'),
    words('recall'),
    words('missed'),
    words('falseAlarms'),
  ];
  return html`<div class="reading">
    <h1>${words('quality')}</h1>
    ${problem !== null && html`<p class="failure wide" role="alert">${words.of(problem)}</p>`}
    ${value === null && problem === null && html`<p class="note">${words('loading')}</p>`}
    ${value?.rows.some(({ recall }) => recall === null) === true && html`<p class="note">${words('suspectedOnly')}</p>`}
    ${
      value !== null &&
      h(Table, {
        title: words('compared'),
        columns,
        rows: value.rows.map((quality, i) => row(quality, words, i)),
        empty: words('nothing'),
      })
    }
  </div>`;
}
