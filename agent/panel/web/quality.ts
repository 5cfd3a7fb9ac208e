/** How good the verdicts were, by what inspection found; a share never stands without its base. */
import type { VNode } from 'preact';
import type { QualityReport, QualityRow, Share } from '../../records.ts';
import { Calibration } from './calibration.ts';
import { h, html } from './element.ts';
import { count, dayAndTime, percent } from './format.ts';
import { usePage, useWords, type Words } from './page.ts';
import { useRead } from './reading.ts';
import { Table } from './table.ts';
import { coverageWords } from './texts.ts';

const unknown = '–';

const range = ({ low, high }: Share): string =>
  low === null || high === null ? '' : `${(low * 100).toFixed(1)}~${(high * 100).toFixed(1)} %`;

/** `91.3 % (21/23, 73.2~97.6 %)`; nothing to divide by: a dash. */
function shareText(share: Share): string {
  if (share.value === null) return unknown;
  const interval = range(share);
  return `${percent(share.value)} (${share.count}/${share.of}${interval === '' ? '' : `, ${interval}`})`;
}

function recallText({ recall }: QualityRow, words: Words): string {
  if (recall === null) return words('notKnown');
  if (recall.method === 'counted' || recall.value === null) return shareText(recall);
  return words('weighted', { value: percent(recall.value), range: range(recall) });
}

/** Shots that all went without a verdict and a label are of no figure here. */
const isTelling = ({ verdicts, labelled, partly }: QualityRow): boolean =>
  verdicts.ok + verdicts.defect + labelled + partly > 0;

interface Column {
  readonly title: string;
  readonly text: (row: QualityRow) => string;
}

function columnsOf(report: QualityReport, words: Words, nameOf: (id: string) => string): Column[] {
  const dimensions = {
    machine: {
      title: words('machine'),
      text: ({ machine }: QualityRow) => (machine === null ? unknown : nameOf(machine)),
    },
    mold: { title: words('moldColumn'), text: ({ mold }: QualityRow) => mold ?? unknown },
    model: {
      title: words('model'),
      text: ({ model }: QualityRow) =>
        model === null ? words('limits') : `${model.name} ${model.version}`,
    },
    shift: {
      title: words('shiftColumn'),
      text: ({ shiftFromWallMs }: QualityRow) =>
        shiftFromWallMs === null ? unknown : dayAndTime(shiftFromWallMs),
    },
  };
  const judged = ({ verdicts }: QualityRow): number => verdicts.ok + verdicts.defect;
  return [
    ...report.by.map((dimension) => dimensions[dimension]),
    {
      title: words('labelledOf'),
      text: (row) => `${count(row.labelled)} / ${count(judged(row))}`,
    },
    { title: words('baseRate'), text: ({ baseRate }) => shareText(baseRate) },
    { title: words('precision'), text: ({ precision }) => shareText(precision) },
    { title: words('recall'), text: (row) => recallText(row, words) },
    { title: words('missed'), text: ({ missed }) => shareText(missed) },
    { title: words('falseAlarms'), text: ({ falseAlarms }) => shareText(falseAlarms) },
    { title: words('coverage'), text: ({ coverage }) => words.of(coverageWords[coverage.kind]) },
  ];
}

export function QualityView(): VNode {
  const words = useWords();
  const { machines } = usePage().overview;
  const { value, problem } = useRead<QualityReport>('/api/quality');
  const nameOf = (id: string): string => machines.find((it) => it.id === id)?.name ?? id;
  const columns = value === null ? [] : columnsOf(value, words, nameOf);
  return html`<div class="reading">
    <h1>${words('quality')}</h1>
    ${problem !== null && html`<p class="failure wide" role="alert">${words.of(problem)}</p>`}
    ${value === null && problem === null && html`<p class="note">${words('loading')}</p>`}
    ${
      value !== null &&
      html`<p class="note">${dayAndTime(value.fromWallMs)} ~ ${dayAndTime(value.toWallMs)}</p>`
    }
    ${
      value !== null &&
      h(Table, {
        title: words('compared'),
        columns: columns.map(({ title }) => title),
        rows: value.rows.filter(isTelling).map((row, i) => ({
          key: String(i),
          cells: columns.map(({ text }) => text(row)),
        })),
        empty: words('nothing'),
      })
    }
    ${value !== null && h(Calibration, { rows: value.calibration, nameOf })}
  </div>`;
}
