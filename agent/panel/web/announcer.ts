/** Reads new alerts aloud: at once what stops or warns, in its turn what is less. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AlertView } from '../contract.ts';
import { html } from './element.ts';
import { usePage, useWords } from './page.ts';

const urgent = ({ severity }: AlertView): boolean => severity === 'stop' || severity === 'warning';

export function Announcer(): VNode {
  const words = useWords();
  const { alerts } = usePage().overview;
  const known = useRef<Set<string> | null>(null);
  const [said, setSaid] = useState({ now: '', later: '' });
  useEffect(() => {
    const calling = alerts.filter(
      ({ state, handling }) => state !== 'cleared' && handling.attention === 'call',
    );
    const before = known.current;
    known.current = new Set(calling.map(({ id }) => id));
    // What stood when the page was opened is on the page; it is not news.
    const fresh = before === null ? [] : calling.filter(({ id }) => !before.has(id));
    if (fresh.length === 0) return;
    const say = (list: readonly AlertView[]): string =>
      list.map((alert) => words('newAlert', { text: words.of(alert.text) })).join(' ');
    setSaid({ now: say(fresh.filter(urgent)), later: say(fresh.filter((it) => !urgent(it))) });
  }, [alerts]);
  return html`<div class="unseen">
    <div id="said-now" aria-live="assertive">${said.now}</div>
    <div id="said-later" aria-live="polite">${said.later}</div>
  </div>`;
}
