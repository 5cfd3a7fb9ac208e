/** The shift and every connection in one line: grey while fine, named in words when not. */
import type { VNode } from 'preact';
import type { Overview } from '../contract.ts';
import { type Child, h, html } from './element.ts';
import { clockTime, count } from './format.ts';
import { type Freshness, isOld } from './freshness.ts';
import { SignIcon } from './icons.ts';
import { usePage, useWords, type Words } from './page.ts';
import { outcomeWords } from './texts.ts';

interface Part {
  readonly name: string;
  readonly bad: boolean;
  readonly text: string;
  /** More on it, for whoever points at it. */
  readonly detail?: string;
}

type Named = { readonly name: string; readonly detail: string };

function connections(
  title: string,
  all: readonly Named[],
  bad: readonly Named[],
  words: Words,
  word: string,
): Part {
  if (all.length === 0) return { name: title, bad: false, text: words('none') };
  if (bad.length === 0) return { name: title, bad: false, text: words('fine') };
  const detail = bad.map((one) => `${one.name}: ${one.detail}`).join('\n');
  return {
    name: title,
    bad: true,
    text: `${bad.map(({ name }) => name).join(', ')} ${word}`,
    detail,
  };
}

function cloudPart({ cloud }: Overview, words: Words): Part {
  const part = connections(
    words('cloud'),
    cloud,
    cloud.filter(({ up }) => !up),
    words,
    words('down'),
  );
  const pending = cloud.reduce((sum, target) => sum + target.pending, 0);
  if (cloud.length === 0 || pending === 0) return part;
  return { ...part, text: `${part.text} · ${words('pending', { n: count(pending) })}` };
}

/** What the loop said last is not how it is now, and without a connection neither is the rest. */
function parts(overview: Overview, fresh: Freshness, words: Words): readonly Part[] {
  const known = knownParts(overview, words);
  if (!isOld(fresh)) return known;
  const byLoop = [words('buses'), words('outputs')];
  return known
    .filter(({ name }) => name !== '')
    .map((part) => {
      if (fresh.kind === 'loop' && !byLoop.includes(part.name)) return part;
      return { name: part.name, bad: false, text: words('notKnown') };
    });
}

function knownParts(overview: Overview, words: Words): readonly Part[] {
  const { buses, outputs, store } = overview;
  const storeText = { ok: words('fine'), full: words('full'), down: words('down') };
  return [
    connections(
      words('buses'),
      buses,
      buses.filter(({ up }) => !up),
      words,
      words('down'),
    ),
    cloudPart(overview, words),
    { name: words('store'), bad: store !== 'ok', text: storeText[store] },
    connections(
      words('outputs'),
      outputs,
      outputs.filter(({ ok }) => !ok),
      words,
      words('fault'),
    ),
    ...(overview.clockKnown ? [] : [{ name: '', bad: true, text: words('clockUnset') }]),
  ];
}

export function Footer(): VNode {
  const words = useWords();
  const { overview, fresh } = usePage();
  const { shift } = overview;
  const figures: readonly [string, number][] = [
    [words('shiftShots'), shift.shots],
    [words.of(outcomeWords.ok), shift.ok],
    [words.of(outcomeWords.defect), shift.defect],
    [words.of(outcomeWords.unscored), shift.unscored],
    [words('shiftAlerts'), shift.alerts],
  ];
  // A shift that began at no time is one that nobody has counted yet.
  const begun = shift.fromWallMs > 0;
  // The store counts while the loop is silent; without a connection another shift may have begun.
  const counted = begun && (!isOld(fresh) || fresh.kind === 'loop');
  const shown = ({ name, bad, text, detail }: Part): Child =>
    html`<span key=${name} class=${bad ? 'part bad' : 'part'} title=${detail}>${bad && h(SignIcon, { sign: 'caution', size: 18 })}${name} <b>${text}</b></span>`;
  return html`<footer aria-label=${words('plantState')}>
    <p><span class="part">${begun ? words('shift', { from: clockTime(shift.fromWallMs) }) : words('noShift')}</span>
      ${figures.map(([name, value]) => html`<span class="part" key=${name}>${name} <b>${counted ? count(value) : '–'}</b></span>`)}</p>
    <p>${parts(overview, fresh, words).map(shown)}</p>
  </footer>`;
}
