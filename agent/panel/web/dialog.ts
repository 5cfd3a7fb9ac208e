/** A modal question. The browser keeps the focus inside, Escape closes it, and focus goes back. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Child, html } from './element.ts';
import { useWords } from './page.ts';

export interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: Child;
}

export function Dialog({ title, close, children }: DialogProps): VNode {
  const words = useWords();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    box.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return html`<dialog ref=${box} aria-labelledby="dialog-title" onClose=${close}>
    <h2 id="dialog-title">${title}</h2>
    ${children}
    <div class="buttons end"><div class="act"><button type="button" class="touch plain" onClick=${close}>${words('cancel')}</button></div></div>
  </dialog>`;
}

export interface ChoiceProps {
  readonly legend: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string;
  readonly choose: (value: string) => void;
}

/** One of a few, as large fields; arrow keys move as in any group of radio buttons. */
export function Choice({ legend, options, value, choose }: ChoiceProps): VNode {
  return html`<fieldset class="choice"><legend>${legend}</legend>
    ${options.map(
      (option) => html`<label class="touch" key=${option.value}>
        <input type="radio" name=${legend} value=${option.value} checked=${option.value === value} onChange=${() => choose(option.value)} />
        <span>${option.label}</span></label>`,
    )}
  </fieldset>`;
}
