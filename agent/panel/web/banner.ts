/** Says loudly that what is on the screen is no longer true. */
import type { VNode } from 'preact';
import { h, html } from './element.ts';
import { ago } from './format.ts';
import type { Freshness } from './freshness.ts';
import { SignIcon } from './icons.ts';
import { wordsIn } from './page.ts';
import type { Language } from './settings.ts';

const reasons = { lost: 'oldLost', silent: 'oldSilent', loop: 'oldLoop' } as const;

/** The age is left out of what is read aloud, or it would be read each second. */
export function Banner({ fresh, language }: { fresh: Freshness; language: Language }): VNode {
  const words = wordsIn(language);
  if (fresh.kind === 'current' || fresh.kind === 'waiting')
    return html`<div class="banner-place" role="alert"></div>`;
  const heard =
    fresh.ageMs === null
      ? words('neverHeard')
      : words('lastHeard', { age: ago(fresh.ageMs, language) });
  return html`<div class="banner-place" role="alert"><div class="banner">
    ${h(SignIcon, { sign: 'stop', size: 44 })}
    <p><strong>${words('oldData')} · ${words('agentSilent')}</strong>
      <span>${words(reasons[fresh.kind])} <span aria-live="off">${heard}</span></span></p>
  </div></div>`;
}
