/** The last shots of one machine in a row; one of them is chosen. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ShotView } from '../contract.ts';
import { h, html } from './element.ts';
import { OutcomeMark } from './icons.ts';
import { useWords, type Words } from './page.ts';
import { outcomeWords } from './texts.ts';

export const shotKey = (shot: ShotView): string => `${shot.boot}/${shot.seq}`;

/** Width of one shot in the row, px. */
const cellPx = 26;

export function shotsThatFit(widthPx: number): number {
  return Math.max(8, Math.min(60, Math.floor(widthPx / cellPx)));
}

export function shotName(shot: ShotView, words: Words): string {
  return shot.shot === null ? `#${shot.seq}` : words('shotNo', { n: shot.shot });
}

/** `1223번 불량, 등록됨: 불량` */
function fullName(shot: ShotView, words: Words): string {
  const outcome = words.of(outcomeWords[shot.outcome]);
  const labels = shot.labels.map((label) => words.of(outcomeWords[label.result])).join(', ');
  const what = labels === '' ? '' : `, ${words('labelled', { what: labels })}`;
  return `${shotName(shot, words)} ${outcome}${what}`;
}

function labelSign({ labels }: ShotView): string {
  if (labels.length === 0) return '';
  return labels.some(({ result }) => result === 'defect') ? '✕' : '✓';
}

export interface ShotStripProps {
  readonly shots: readonly ShotView[];
  readonly chosen: string | null;
  readonly choose: (key: string) => void;
}

export function ShotStrip({ shots, chosen, choose }: ShotStripProps): VNode {
  const words = useWords();
  const row = useRef<HTMLDivElement>(null);
  const at = shots.findIndex((shot) => shotKey(shot) === chosen);
  const moved = useRef(false);
  const go = (index: number): void => {
    const shot = shots[Math.max(0, Math.min(shots.length - 1, index))];
    if (shot !== undefined) choose(shotKey(shot));
  };
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    row.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, [chosen]);
  const keys: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    Home: 0,
    End: shots.length - 1,
  };
  const press = (event: KeyboardEvent): void => {
    const index = keys[event.key];
    if (index === undefined) return;
    event.preventDefault();
    moved.current = true;
    go(index);
  };
  return html`<section class="shots" aria-label=${words('shots')}>
    <button type="button" class="touch step" aria-label=${words('older')} onClick=${() => go(at - 1)}>◀</button>
    <div class="cells" role="group" aria-label=${words('shots')} ref=${row} onKeyDown=${press}>
      ${shots.map((shot) => {
        const key = shotKey(shot);
        return html`<button type="button" key=${key} class=${`cell ${shot.outcome}`} tabindex=${key === chosen ? 0 : -1}
          aria-pressed=${key === chosen ? 'true' : 'false'} aria-label=${fullName(shot, words)} onClick=${() => choose(key)}>
          <svg viewBox="0 0 8 21" width="16" height="42" aria-hidden="true">${h(OutcomeMark, { outcome: shot.outcome, x: 0 })}</svg>
          <span class="label-sign" aria-hidden="true">${labelSign(shot)}</span>
        </button>`;
      })}
    </div>
    <button type="button" class="touch step" aria-label=${words('newer')} onClick=${() => go(at + 1)}>▶</button>
  </section>`;
}
