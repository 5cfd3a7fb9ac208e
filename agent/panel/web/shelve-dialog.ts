/** Putting an alert off: why, and for how long. One tap on a time sends it. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AlertView } from '../contract.ts';
import { ActionButton } from './action-button.ts';
import { Choice, Dialog } from './dialog.ts';
import { h, html } from './element.ts';
import { usePage, useWords } from './page.ts';
import { shelveReasons } from './texts.ts';

const times = [10, 30, 60];

export function ShelveDialog({ alert, close }: { alert: AlertView; close: () => void }): VNode {
  const words = useWords();
  const { api } = usePage();
  const [reason, setReason] = useState(shelveReasons[0]?.ko ?? '');
  const options = shelveReasons.map((text) => ({ value: text.ko, label: words.of(text) }));
  const chosen = options.find(({ value }) => value === reason)?.label ?? reason;
  const shelve = (minutes: number) =>
    api.post('/api/alerts/shelve', { id: alert.id, minutes, reason: chosen });
  const title = `${words('shelveTitle')}: ${alert.machineName} ${words.of(alert.title)}`;
  return h(Dialog, {
    title,
    close,
    children: html`<div>
      ${h(Choice, { legend: words('shelveWhy'), options, value: reason, choose: setReason })}
      <h3 class="ask">${words('shelveFor')}</h3>
      <div class="buttons">${times.map((n) =>
        h(ActionButton, {
          key: n,
          label: words('minutes', { n }),
          kind: 'main',
          act: () => shelve(n),
          done: close,
        }),
      )}</div>
    </div>`,
  });
}
