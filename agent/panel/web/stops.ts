/** The stop that lasts now, with a button for each reason: one tap is enough. And those before it. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { MachinePage, StopView } from '../contract.ts';
import { ActionButton } from './action-button.ts';
import { Dialog } from './dialog.ts';
import { h, html } from './element.ts';
import { clockTime, dayAndTime, lasting } from './format.ts';
import { may, usePage, useWords, type Words } from './page.ts';

interface ReasonsProps {
  readonly stop: StopView;
  readonly reasons: MachinePage['stopReasons'];
  readonly done: () => void;
}

function Reasons({ stop, reasons, done }: ReasonsProps): VNode {
  const words = useWords();
  const { api } = usePage();
  return html`<div class="buttons reasons">${reasons.map(({ code, title }) =>
    h(ActionButton, {
      key: code,
      label: words.of(title),
      about: words('standing', { time: clockTime(stop.fromWallMs) }),
      kind: 'plain',
      act: () => api.post('/api/stops/reason', { id: stop.id, code }),
      done,
    }),
  )}</div>`;
}

function ReasonDialog(props: ReasonsProps & { close: () => void }): VNode {
  const { stop, close, done } = props;
  const words = useWords();
  const finish = (): void => {
    close();
    done();
  };
  const time = lasting(stop.lastedMs, words.language);
  return h(Dialog, {
    title: `${dayAndTime(stop.fromWallMs)} ${words('standing', { time })}`,
    close,
    children: h(Reasons, { ...props, done: finish }),
  });
}

const reasonText = ({ reason }: StopView, words: Words): string =>
  reason === null ? words('noReason') : `${words.of(reason.title)} (${reason.who})`;

interface StopProps {
  readonly page: MachinePage;
  readonly done: () => void;
}

/** A micro-stop asks for nothing. Of an unknown time nobody has to say why: it may have run. */
export function CurrentStop({ page, done }: StopProps): VNode | null {
  const words = useWords();
  const { visitor, sinceMs, overview } = usePage();
  const [asking, setAsking] = useState(false);
  const stop = overview.machines.find(({ id }) => id === page.machine.id)?.stop;
  if (stop === undefined || stop.kind === 'micro') return null;
  const time = lasting(stop.lastedMs + sinceMs, words.language);
  const asks = stop.reason === null && stop.kind === 'stop';
  const canSay = may(visitor).change;
  return html`<section class="standing" aria-labelledby="standing-title">
    <h2 id="standing-title">${words(stop.kind === 'unknown' ? 'unknownFor' : 'standing', { time })} <small>${words('sinceShift', { time: clockTime(stop.fromWallMs) })}${stop.reason !== null && html` · ${reasonText(stop, words)}`}</small></h2>
    ${asks && canSay && html`<p>${words('whyStopped')}</p>`}
    ${asks && canSay && h(Reasons, { stop, reasons: page.stopReasons, done })}
    ${
      !asks &&
      canSay &&
      html`<div class="buttons"><div class="act"><button type="button" class="touch plain" aria-haspopup="dialog" onClick=${() => setAsking(true)}>${words(stop.reason === null ? 'giveReason' : 'changeReason')}</button></div></div>`
    }
    ${asking && h(ReasonDialog, { stop, reasons: page.stopReasons, done, close: () => setAsking(false) })}
  </section>`;
}

export function PastStops({ page, done }: StopProps): VNode | null {
  const words = useWords();
  const { visitor } = usePage();
  const [asked, setAsked] = useState<StopView | null>(null);
  const past = page.stops.filter(({ open }) => !open).slice(0, 10);
  if (past.length === 0) return null;
  const bare = past.filter(({ reason }) => reason === null).length;
  const title =
    bare > 0 ? words('unexplained', { n: bare }) : words('lastStops', { n: past.length });
  const button = (stop: StopView): VNode =>
    html`<button type="button" class="touch plain" aria-haspopup="dialog" aria-label=${`${reasonText(stop, words)}: ${clockTime(stop.fromWallMs)} ${words(stop.reason === null ? 'giveReason' : 'changeReason')}`} onClick=${() => setAsked(stop)}>${reasonText(stop, words)}</button>`;
  return html`<details class="more past-stops">
    <summary class="touch">${title}</summary>
    <ul>${past.map(
      (
        stop,
      ) => html`<li key=${stop.id}><span>${clockTime(stop.fromWallMs)} ${words('standing', { time: lasting(stop.lastedMs, words.language) })}</span>
        ${may(visitor).change ? button(stop) : html`<span>${reasonText(stop, words)}</span>`}</li>`,
    )}</ul>
    ${asked !== null && h(ReasonDialog, { stop: asked, reasons: page.stopReasons, done, close: () => setAsked(null) })}
  </details>`;
}
