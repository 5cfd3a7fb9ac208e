/** One machine at a glance: its name, its state in a word and a shape, its last shot. */
import type { VNode } from 'preact';
import type { AlertView, MachineView } from '../contract.ts';
import { h, html } from './element.ts';
import { ago, lasting } from './format.ts';
import { isOld } from './freshness.ts';
import { OutcomeStrip, type Sign, SignIcon } from './icons.ts';
import { type Page, usePage, useWords, type Words } from './page.ts';
import { machineHref } from './route.ts';
import { outcomeWords, severityWords } from './texts.ts';

/** The alert that says itself that a link is lost. */
const linkCause = 'bus-lost';

/** Alerts of one machine that count now, worst first as the overview lists them. */
export function standingAlerts({ overview }: Page, machine: string): readonly AlertView[] {
  return overview.alerts.filter(
    (alert) =>
      alert.machine === machine && alert.state !== 'cleared' && alert.handling.shelved === null,
  );
}

export interface MachineState {
  readonly sign: Sign;
  readonly word: string;
  /** A link that is not up, where the word is about something else: nothing newer comes. */
  readonly link: { readonly sign: Sign; readonly word: string } | null;
}

function linkState(link: MachineView['link'], words: Words): MachineState['link'] {
  if (link === 'lost') return { sign: 'lost', word: words('linkLost') };
  return link === 'unknown' ? { sign: 'unknown', word: words('linkUnknown') } : null;
}

/** What is so now; not to be shown as now where the data is old. */
export function machineState(
  machine: MachineView,
  alerts: readonly AlertView[],
  words: Words,
): MachineState {
  const { worst } = machine;
  const link = linkState(machine.link, words);
  const alert = alerts.find(({ severity }) => severity === worst);
  if (worst !== null) {
    const word = alert === undefined ? words.of(severityWords[worst]) : words.of(alert.title);
    return { sign: worst, word, link: alert?.cause === linkCause ? null : link };
  }
  if (link !== null) return { ...link, link: null };
  // No alarm: grey, with a shape and a word of its own.
  if (machine.stop?.kind === 'stop')
    return { sign: 'standing', word: words('notProducing'), link: null };
  return { sign: 'normal', word: words('normal'), link: null };
}

export function LinkChip({ link }: { link: MachineState['link'] }): VNode | null {
  if (link === null) return null;
  return html`<span class=${`chip link sev-${link.sign}`}>${h(SignIcon, { sign: link.sign, size: 18 })}${link.word}</span>`;
}

function lastLine(machine: MachineView, sinceMs: number, words: Words): string {
  const { last, lastAgeMs } = machine;
  if (last === null) return words('noShots');
  const parts = [words.of(outcomeWords[last.outcome])];
  if (last.shot !== null) parts.unshift(words('shotNo', { n: last.shot }));
  const age = lastAgeMs === null ? '' : ` · ${ago(lastAgeMs + sinceMs, words.language)}`;
  return `${parts.join(' ')}${age}`;
}

export function recentText(recent: MachineView['recent'], words: Words): string {
  const of = (outcome: string): number => recent.filter((it) => it === outcome).length;
  return words('recent', {
    all: recent.length,
    ok: of('ok'),
    defect: of('defect'),
    unscored: of('unscored'),
  });
}

function standingText({ stop }: MachineView, sinceMs: number, words: Words): string {
  if (stop === undefined || stop.kind !== 'stop') return '';
  const why = stop.reason === null ? '' : ` ${words.of(stop.reason.title)}`;
  return `${words('standing', { time: lasting(stop.lastedMs + sinceMs, words.language) })}${why}`;
}

export interface TileProps {
  readonly machine: MachineView;
  /** One tile at a time is in the tab order; arrow keys move it. */
  readonly tabIndex: 0 | -1;
}

export function Tile({ machine, tabIndex }: TileProps): VNode {
  const page = usePage();
  const words = useWords();
  const state = machineState(machine, standingAlerts(page, machine.id), words);
  const old = isOld(page.fresh);
  const { worst, openAlerts } = machine;
  const level = worst === null ? '' : words.of(severityWords[worst]);
  const some = openAlerts === 1 ? words('alertCountOne') : words('alertCount', { n: openAlerts });
  const second = old
    ? words('before', { state: state.word })
    : [
        standingText(machine, page.sinceMs, words),
        level,
        openAlerts > 0 ? some : '',
        machine.model === null ? words('noModel') : '',
      ]
        .filter((part) => part !== '')
        .join(' · ');
  const sign = old ? 'unknown' : state.sign;
  return html`<li><a class=${`tile sev-${sign}`} href=${machineHref(machine.id)} tabindex=${tabIndex} data-machine=${machine.id}>
    <span class="name" title=${machine.name}>${machine.name}</span>
    <span class="state">${h(SignIcon, { sign, size: 26 })}<span>${old ? words('unknown') : state.word}</span></span>
    <span class="second">${!old && h(LinkChip, { link: state.link })}${second}</span>
    <span class="last">${lastLine(machine, page.sinceMs, words)}</span>
    ${h(OutcomeStrip, { outcomes: machine.recent.slice(-20), label: recentText(machine.recent.slice(-20), words) })}
  </a></li>`;
}
