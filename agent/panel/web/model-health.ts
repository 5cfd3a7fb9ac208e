/** Whether the model of a machine can be trusted: one line, and more for who wants to know why. */
import type { VNode } from 'preact';
import type { HealthView } from '../contract.ts';
import { html } from './element.ts';
import { useWords } from './page.ts';

export function ModelHealth({ health }: { health: HealthView }): VNode {
  const words = useWords();
  const { line, details } = health;
  const summary = html`<strong>${words('modelHealth')}</strong>: ${words.of(line)}`;
  if (details.length === 0) return html`<p class="note">${summary}</p>`;
  return html`<details class="more health">
    <summary class="touch">${summary}</summary>
    <ul class="facts-list">${details.map((text) => html`<li key=${text.en}>${words.of(text)}</li>`)}</ul>
  </details>`;
}
