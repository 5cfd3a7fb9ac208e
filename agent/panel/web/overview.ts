/** All machines and what needs a person. Tiles keep their places, so that eyes find them. */
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { AlertView } from '../contract.ts';
import { ActionButton } from './action-button.ts';
import { AlertCard } from './alert-card.ts';
import { h, html } from './element.ts';
import { may, usePage, useWords } from './page.ts';
import { Tile } from './tile.ts';

/** 3, 4 and 5 in one row, up to 10 in two, more in rows of five. */
export function columnsFor(machines: number): number {
  if (machines <= 5) return Math.max(3, machines);
  return machines > 8 ? 5 : Math.ceil(machines / 2);
}

const steps: Readonly<Record<string, (columns: number) => number>> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns,
};

function Tiles(): VNode {
  const words = useWords();
  const { machines } = usePage().overview;
  const [current, setCurrent] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const columns = columnsFor(machines.length);
  const reachable = Math.min(current, machines.length - 1);
  const move = (event: KeyboardEvent): void => {
    const step = steps[event.key]?.(columns);
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(machines.length - 1, reachable + step));
    setCurrent(next);
    list.current?.querySelectorAll<HTMLElement>('a.tile')[next]?.focus();
  };
  const take = (event: FocusEvent): void => {
    const id = (event.target as HTMLElement).getAttribute('data-machine');
    const index = machines.findIndex((machine) => machine.id === id);
    if (index >= 0) setCurrent(index);
  };
  return html`<section class="machines" aria-labelledby="machines-title">
    <h2 id="machines-title" class="unseen">${words('machines')}</h2>
    <ul class=${`tiles columns-${columns}${machines.length > columns ? ' dense' : ''}`} ref=${list} onKeyDown=${move} onFocusIn=${take}>
      ${machines.map((machine, i) => h(Tile, { key: machine.id, machine, tabIndex: i === reachable ? 0 : -1 }))}
    </ul>
  </section>`;
}

interface Lists {
  readonly call: readonly AlertView[];
  readonly grouped: readonly AlertView[];
  readonly shelved: readonly AlertView[];
  readonly quiet: readonly AlertView[];
}

function sortedOut(alerts: readonly AlertView[]): Lists {
  const of = (attention: string): readonly AlertView[] =>
    alerts.filter((alert) => alert.handling.attention === attention);
  return { call: of('call'), grouped: of('grouped'), shelved: of('shelved'), quiet: of('quiet') };
}

function More(props: { title: string; alerts: readonly AlertView[] }): VNode | null {
  const { title, alerts } = props;
  if (alerts.length === 0) return null;
  return html`<details class="more"><summary class="touch">${title}</summary>
    ${alerts.map((alert) => h(AlertCard, { key: alert.id, alert, size: 'brief' }))}
  </details>`;
}

function Buzzer(): VNode | null {
  const words = useWords();
  const { overview, api, visitor } = usePage();
  if (overview.buzzer === 'silenced') return html`<p class="note">${words('silenced')}</p>`;
  if (overview.buzzer === 'off' || !may(visitor).acknowledge) return null;
  return html`<div class="buzzer">${h(ActionButton, {
    label: words('silence'),
    kind: 'main',
    act: () => api.post('/api/buzzer/silence', {}),
  })}</div>`;
}

export function OverviewPage(): VNode {
  const words = useWords();
  const { overview } = usePage();
  const { call, grouped, shelved, quiet } = sortedOut(overview.alerts);
  return html`<div class="overview"><h1 class="unseen">${words('overview')}</h1>
    ${h(Tiles, {})}
    <section class="alerts" aria-labelledby="alerts-title" tabindex="0">
      <h2 id="alerts-title" class="unseen">${words('alerts')}</h2>
      ${h(Buzzer, {})}
      ${call.length === 0 && html`<p class="calm-note">${words('noAlerts')}</p>`}
      ${call.map((alert) => h(AlertCard, { key: alert.id, alert, size: 'brief' }))}
      ${h(More, { title: words('grouped', { n: grouped.length }), alerts: grouped })}
      ${h(More, { title: words('shelvedList', { n: shelved.length }), alerts: shelved })}
      ${h(More, { title: words('quietList', { n: quiet.length }), alerts: quiet })}
    </section>
  </div>`;
}
