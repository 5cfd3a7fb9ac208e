/** One alert as people act on it: how bad, where, what to do, which shots to sort out, and buttons. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AlertView } from '../contract.ts';
import { ActionButton } from './action-button.ts';
import { factsText, handlingText, sortText } from './alert-words.ts';
import { h, html } from './element.ts';
import { SignIcon } from './icons.ts';
import { may, usePage, useWords } from './page.ts';
import { machineHref } from './route.ts';
import { ShelveDialog } from './shelve-dialog.ts';
import { severityWords } from './texts.ts';

export interface AlertCardProps {
  readonly alert: AlertView;
  /** `brief`: in a list, with acknowledging only; `full`: on the page of its machine. */
  readonly size: 'brief' | 'full';
}

export function AlertCard({ alert, size }: AlertCardProps): VNode {
  const words = useWords();
  const { overview } = usePage();
  const { severity, title, machineName } = alert;
  const sort = sortText(alert.shots, words);
  const action = words.of(alert.action);
  const handled = handlingText(alert, words);
  const calm = alert.state === 'cleared' || alert.handling.acknowledged !== null;
  const heading = `${machineName} ${words.of(title)}`;
  const named = html`<span><span class="whose" title=${machineName}>${machineName}</span> ${words.of(title)}</span>`;
  // Some are of the whole plant, or of a machine that is configured no more.
  const isOfMachine = overview.machines.some(({ id }) => id === alert.machine);
  return html`<article class=${`alert ${size} sev-${severity}${calm ? ' calm' : ''}`}>
    <p class="level">${h(SignIcon, { sign: severity, size: 34 })}<span>${words.of(severityWords[severity])}</span></p>
    ${size === 'full' && html`<h3>${words.of(title)}</h3>`}
    <div class="say">
      ${size === 'brief' && html`<h3>${isOfMachine ? html`<a href=${machineHref(alert.machine)}>${named}</a>` : named}</h3>`}
      <p class="todo">${action === '' ? words('noAction') : action}</p>
      ${sort !== null && html`<p class="sort">${sort}</p>`}
      <p class="facts">${factsText(alert, words)}${handled !== null && html`<span class="handled">${' · '}${handled}</span>`}</p>
    </div>
    ${h(AlertButtons, { alert, size, about: heading })}
  </article>`;
}

function AlertButtons({ alert, size, about }: AlertCardProps & { about: string }): VNode | null {
  const words = useWords();
  const { api, visitor } = usePage();
  const [shelving, setShelving] = useState(false);
  const { id, state } = alert;
  const { acknowledged, shelved, falseAlarm } = alert.handling;
  const { acknowledge, change } = may(visitor);
  const buttons: VNode[] = [];
  if (acknowledge && acknowledged === null)
    buttons.push(
      h(ActionButton, {
        label: words('acknowledge'),
        about,
        kind: 'main',
        act: () => api.post('/api/alerts/acknowledge', { id }),
      }),
    );
  if (change && size === 'full' && state !== 'cleared') {
    if (shelved === null)
      buttons.push(
        html`<div class="act"><button type="button" class="touch plain" aria-haspopup="dialog" onClick=${() => setShelving(true)}>${words('shelve')}</button></div>`,
      );
    else
      buttons.push(
        h(ActionButton, {
          label: words('unshelve'),
          about,
          act: () => api.post('/api/alerts/unshelve', { id }),
        }),
      );
  }
  if (change && size === 'full' && falseAlarm === null)
    buttons.push(
      h(ActionButton, {
        label: words('falseAlarm'),
        about,
        act: () => api.post('/api/alerts/false', { id }),
      }),
    );
  if (buttons.length === 0) return null;
  return html`<div class="buttons">${buttons}
    ${shelving && h(ShelveDialog, { alert, close: () => setShelving(false) })}
  </div>`;
}
