/** A button that sends something: busy while it runs, and what went wrong stands beside it. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Text } from '../../records.ts';
import type { Answer } from './api.ts';
import { html } from './element.ts';
import { useWords } from './page.ts';

type State =
  | { readonly kind: 'idle' | 'running' | 'accepted' }
  | { readonly kind: 'failed'; readonly message: Text };

/** How long a taken tap is marked as such before the button may be used again. */
const acceptedMs = 2500;

export interface ActionButtonProps {
  readonly label: string;
  /** For screen readers, where the label alone does not say of what. */
  readonly about?: string;
  readonly kind?: 'main' | 'plain';
  readonly act: () => Promise<Answer<unknown>>;
  readonly done?: () => void;
}

export function ActionButton({ label, about, kind, act, done }: ActionButtonProps): VNode {
  const words = useWords();
  const [state, setState] = useState<State>({ kind: 'idle' });
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  useEffect(() => {
    if (state.kind !== 'accepted') return undefined;
    const timer = setTimeout(() => setState({ kind: 'idle' }), acceptedMs);
    return () => clearTimeout(timer);
  }, [state]);

  const busy = state.kind === 'running' || state.kind === 'accepted';
  const press = async (): Promise<void> => {
    if (busy) return;
    setState({ kind: 'running' });
    const answer = await act();
    if (answer.ok) done?.();
    if (!shown.current) return;
    setState(answer.ok ? { kind: 'accepted' } : { kind: 'failed', message: answer.message });
  };
  const word =
    state.kind === 'running'
      ? words('working')
      : state.kind === 'accepted'
        ? words('accepted')
        : label;
  // Not `disabled`: a keyboard would lose its place. The click handler refuses instead.
  return html`<div class="act">
    <button type="button" class=${`touch ${kind ?? 'plain'} ${state.kind}`} aria-disabled=${busy ? 'true' : 'false'}
      aria-label=${about === undefined || busy ? undefined : `${label}: ${about}`} onClick=${press}>${word}</button>
    ${state.kind === 'failed' && html`<p class="failure" role="alert">${words.of(state.message)}</p>`}
  </div>`;
}
