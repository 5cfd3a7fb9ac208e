/** Probabilities that were shown, beside what inspection found of the same shots. */
import type { VNode } from 'preact';
import type { CalibrationBin, CalibrationRow } from '../../records.ts';
import { h, html } from './element.ts';
import { count, percent } from './format.ts';
import { useWords, type Words } from './page.ts';
import { Table } from './table.ts';
import { fitWords } from './texts.ts';

const ends = (low: number, high: number): string =>
  `${(low * 100).toFixed(0)}~${(high * 100).toFixed(0)} %`;

function foundText({ found }: Pick<CalibrationBin, 'found'>): string {
  const { value, low, high } = found;
  if (value === null || low === null || high === null) return '–';
  const range = `${(low * 100).toFixed(1)}~${(high * 100).toFixed(1)} %`;
  return `${percent(value)} (${found.count}/${found.of}, ${range})`;
}

function linesOf(row: CalibrationRow, name: string, words: Words) {
  const mold = row.mold === null ? '' : ` ${words('mold', { mold: row.mold })}`;
  const whole = { ...row, range: words('allLabelled'), who: `${name}${mold}` };
  const bins = row.bins.map((bin) => ({ ...bin, range: ends(bin.low, bin.high), who: '' }));
  return [whole, ...bins].map(({ who, range, expected, found, fit }) => ({
    key: `${row.machine} ${row.mold} ${row.model.name} ${row.model.version} ${range}`,
    cells: [
      who === '' ? '' : `${who} · ${row.model.name} ${row.model.version}`,
      range,
      count(found.of),
      percent(expected),
      foundText({ found }),
      words.of(fitWords[fit]),
    ],
  }));
}

export function Calibration(props: {
  readonly rows: readonly CalibrationRow[];
  readonly nameOf: (id: string) => string;
}): VNode {
  const words = useWords();
  const columns = ['machine', 'probabilityRange', 'inspected', 'expected', 'found', 'fit'] as const;
  return html`<div>
    ${h(Table, {
      title: words('calibration'),
      columns: columns.map((key) => words(key)),
      rows: props.rows.flatMap((row) => linesOf(row, props.nameOf(row.machine), words)),
      empty: words('noLabelsYet'),
    })}
    <p class="note">${words('calibrationNote')}</p>
  </div>`;
}
