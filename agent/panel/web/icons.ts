/** Signs that differ by shape, so that they are told apart without colour. Drawn, not a font. */
import type { VNode } from 'preact';
import type { Severity, Verdict } from '../../records.ts';
import { h, html } from './element.ts';

export type Sign = Severity | 'normal' | 'standing' | 'lost' | 'unknown';

const paths: Readonly<Record<Sign, string>> = {
  // An octagon, a triangle, a diamond, a disc, a tick, two bars, a broken link, a question.
  stop: 'M9 2h14l7 7v14l-7 7H9l-7-7V9zM9 13.5v5h14v-5z',
  warning: 'M16 2 31 29H1zM14.2 11h3.6v9.5h-3.6zM14.2 22.5h3.6V26h-3.6z',
  caution: 'M16 1 31 16 16 31 1 16zM14.2 8.5h3.6v9h-3.6zM14.2 20h3.6v3.6h-3.6z',
  info: 'M16 2a14 14 0 1 1 0 28 14 14 0 0 1 0-28zM14.2 7.5v3.6h3.6V7.5zM14.2 13.5V25h3.6V13.5z',
  normal: 'M5 17.5 8 14.5l5.5 5.5L25 8.5l3 3-14.5 14.5z',
  standing: 'M8 5h6v22H8zM18 5h6v22h-6z',
  lost: 'M5 2 16 13 27 2l3 3-11 11 11 11-3 3-11-11L5 30l-3-3 11-11L2 5z',
  unknown: 'M10 11a6 6 0 1 1 8 5.6V20h-4v-6h2a2 2 0 1 0-2-3zM14 23h4v4h-4z',
};

/** Silent for screen readers: the word beside it says the same. */
export function SignIcon({ sign, size }: { sign: Sign; size: number }): VNode {
  return html`<svg class="sign" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true">
    <path d=${paths[sign]} fill="currentColor" fill-rule="evenodd" />
  </svg>`;
}

type Outcome = Verdict['outcome'];

/** ok: a short grey bar; defect: a tall one with a cap; unscored: a hollow ring. */
export function OutcomeMark({ outcome, x }: { outcome: Outcome; x: number }): VNode {
  if (outcome === 'ok')
    return html`<rect class="mark-ok" x=${x + 2} y="12" width="4" height="8" />`;
  if (outcome === 'defect')
    return html`<path class="mark-defect" d=${`M${x} 1h8v7H${x + 6}v12H${x + 2}V8H${x}z`} />`;
  return html`<circle class="mark-unscored" cx=${x + 4} cy="16" r="2.6" />`;
}

/** Last outcomes as one small picture; `label` says them in words. */
export function OutcomeStrip(props: { outcomes: readonly Outcome[]; label: string }): VNode {
  const { outcomes, label } = props;
  const width = Math.max(1, outcomes.length) * 9;
  return html`<svg class="strip" role="img" aria-label=${label} viewBox=${`0 0 ${width} 21`} height="21" width=${width} preserveAspectRatio="xMinYMid meet">
    ${outcomes.map((outcome, i) => h(OutcomeMark, { key: i, outcome, x: i * 9 }))}
  </svg>`;
}
