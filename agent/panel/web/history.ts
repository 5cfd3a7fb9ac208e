/** Alerts and what people did with them, newest first. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { deedWords } from '../../words.ts';
import type { AlertView, HistoryPage } from '../contract.ts';
import { handlingText, sortText } from './alert-words.ts';
import { h, html } from './element.ts';
import { dayAndTime } from './format.ts';
import { SignIcon } from './icons.ts';
import { usePage, useWords, type Words } from './page.ts';
import { useRead } from './reading.ts';
import { Table } from './table.ts';
import { severityWords } from './texts.ts';

function alertRow(alert: AlertView, words: Words): { key: string; cells: (string | VNode)[] } {
  const { severity, id, raisedWallMs } = alert;
  const sort = sortText(alert.shots, words);
  const what = [words.of(alert.title), ...(sort === null ? [] : [sort])].join(' · ');
  return {
    key: id,
    cells: [
      dayAndTime(raisedWallMs),
      alert.machineName,
      html`<span class=${`chip sev-${severity}`}>${h(SignIcon, { sign: severity, size: 20 })} ${words.of(severityWords[severity])}</span>`,
      what,
      handlingText(alert, words) ?? words('open'),
    ],
  };
}

function deedRow(
  deed: HistoryPage['deeds'][number],
  words: Words,
  i: number,
): { key: string; cells: string[] } {
  const what = deedWords[deed.what];
  return {
    key: `${deed.wallMs}/${i}`,
    cells: [
      dayAndTime(deed.wallMs),
      deed.who,
      what === undefined ? deed.what : words.of(what),
      [deed.subject, deed.detail].filter((part) => part !== null && part !== '').join(' · '),
    ],
  };
}

export function HistoryView(): VNode {
  const words = useWords();
  const { overview } = usePage();
  const [machine, setMachine] = useState('');
  const query = machine === '' ? '' : `?machine=${encodeURIComponent(machine)}`;
  const { value, problem } = useRead<HistoryPage>(`/api/history${query}`);
  const pick = (event: Event): void => setMachine((event.currentTarget as HTMLSelectElement).value);
  return html`<div class="reading">
    <h1>${words('history')}</h1>
    <label class="pick">${words('machine')}
      <select value=${machine} onChange=${pick}>
        <option value="">${words('allMachines')}</option>
        ${overview.machines.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
      </select></label>
    ${problem !== null && html`<p class="failure wide" role="alert">${words.of(problem)}</p>`}
    ${value === null && problem === null && html`<p class="note">${words('loading')}</p>`}
    ${
      value !== null &&
      html`<div>
      ${h(Table, {
        title: words('alerts'),
        columns: [words('when'), words('machine'), words('level'), words('what'), words('handled')],
        rows: value.alerts.map((alert) => alertRow(alert, words)),
        empty: words('nothing'),
      })}
      ${h(Table, {
        title: words('deeds'),
        columns: [words('when'), words('who'), words('what'), words('detail')],
        rows: value.deeds.map((deed, i) => deedRow(deed, words, i)),
        empty: words('nothing'),
      })}
    </div>`
    }
  </div>`;
}
