/** What inspection found on the chosen shot: one tap for a shot of one part, a question where more is needed. */
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { MachinePage, ShotView } from '../contract.ts';
import { ActionButton } from './action-button.ts';
import type { Answer, Api } from './api.ts';
import { Choice, Dialog } from './dialog.ts';
import { h, html } from './element.ts';
import { dayAndTime } from './format.ts';
import { may, usePage, useWords, type Words } from './page.ts';
import { shotName } from './shot-strip.ts';
import { fill, outcomeWords, texts } from './texts.ts';

interface Found {
  readonly result: 'ok' | 'defect';
  readonly type: string | null;
}

/** One request a part; says which parts were not taken, so that none is lost unseen. */
async function sendLabels(
  api: Api,
  shot: ShotView,
  parts: readonly string[],
  found: Found,
): Promise<Answer<unknown>> {
  const { boot, seq } = shot;
  for (const [i, part] of parts.entries()) {
    const answer = await api.post('/api/labels', { boot, seq, part, ...found });
    if (answer.ok) continue;
    if (parts.length === 1) return answer;
    const left = parts.slice(i).join(', ');
    const say = (language: 'ko' | 'en'): string =>
      fill(texts.someNotDone, language, { parts: left, why: answer.message[language] });
    return { ok: false, status: answer.status, message: { ko: say('ko'), en: say('en') } };
  }
  return { ok: true, value: {} };
}

export interface LabellingProps {
  readonly page: MachinePage;
  readonly shot: ShotView;
  /** The shot was not picked by hand: it is the newest, and gives way to the next one. */
  readonly follows: boolean;
  /** Keeps this shot chosen, whatever comes. */
  readonly hold: () => void;
  readonly done: () => void;
}

/** A tap so soon after a new shot took the place of another was meant for the other. */
const settleMs = 700;

const all = '*';

function LabelDialog(
  props: LabellingProps & { result: Found['result']; close: () => void },
): VNode {
  const { page, shot, done, result, close } = props;
  const words = useWords();
  const { api } = usePage();
  const [part, setPart] = useState(page.parts.length === 1 ? (page.parts[0] ?? '') : all);
  const parts = part === all ? page.parts : [part];
  const finish = (): void => {
    close();
    done();
  };
  const send = (type: string | null) => () => sendLabels(api, shot, parts, { result, type });
  const name = shotName(shot, words);
  const title = words(result === 'ok' ? 'okTitle' : 'defectTitle', { shot: name });
  const partOptions = [
    { value: all, label: words('allParts') },
    ...page.parts.map((value) => ({ value, label: value })),
  ];
  const types = [
    ...page.defects.map(({ id, title: text }) => ({ id, label: words.of(text) })),
    { id: null, label: words('typeUnknown') },
  ];
  return h(Dialog, {
    title,
    close,
    children: html`<div>
      ${page.parts.length > 1 && h(Choice, { legend: words('whichPart'), options: partOptions, value: part, choose: setPart })}
      ${result === 'defect' && html`<h3 class="ask">${words('whichType')}</h3>`}
      <div class="buttons wrap">${
        result === 'ok'
          ? h(ActionButton, {
              label: words('register'),
              kind: 'main',
              act: send(null),
              done: finish,
            })
          : types.map(({ id, label }) =>
              h(ActionButton, { key: id ?? '', label, act: send(id), done: finish }),
            )
      }</div>
    </div>`,
  });
}

function labelsText(page: MachinePage, shot: ShotView, words: Words): string {
  if (shot.labels.length === 0) return words('unlabelled');
  const what = shot.labels.map(({ part, result, type }) => {
    const defect = page.defects.find(({ id }) => id === type);
    const found = words.of(outcomeWords[result]);
    return `${part === '' ? '' : `${part} `}${found}${defect === undefined ? '' : `(${words.of(defect.title)})`}`;
  });
  return words('labelled', { what: what.join(', ') });
}

function verdictText(shot: ShotView, words: Words): string {
  const parts = [words.of(outcomeWords[shot.outcome])];
  const { probability, threshold } = shot;
  if (probability !== null && threshold !== null)
    parts.push(
      words('probability', {
        p: (probability * 100).toFixed(0),
        limit: (threshold * 100).toFixed(0),
      }),
    );
  const why = words.of(shot.why);
  if (why !== '') parts.push(why);
  return parts.join(' · ');
}

export function Labelling(props: LabellingProps): VNode {
  const { page, shot, follows, hold, done } = props;
  const words = useWords();
  const { api, visitor } = usePage();
  const shownAt = useRef(performance.now());
  const [asking, setAsking] = useState<Found['result'] | null>(null);
  const [only = ''] = page.parts;
  const name = shotName(shot, words);
  const early = (): boolean => follows && performance.now() - shownAt.current < settleMs;
  const sendOk = async (): Promise<Answer<unknown>> =>
    early()
      ? { ok: false, status: null, message: texts.shotChanged }
      : sendLabels(api, shot, [only], { result: 'ok', type: null });
  const ask = (result: Found['result']): void => {
    hold();
    setAsking(result);
  };
  const question = (result: Found['result']): VNode =>
    html`<div class="act"><button type="button" class="touch plain" aria-haspopup="dialog" aria-label=${`${words(result)}: ${name}`} onClick=${() => ask(result)}>${words(result)}</button></div>`;
  return html`<section class="labelling" aria-labelledby="chosen-title">
    <h2 id="chosen-title">${words('chosenShot')} ${name} <small>${dayAndTime(shot.wallMs)} · ${labelsText(page, shot, words)}</small></h2>
    <p class=${`verdict ${shot.outcome}`}>${verdictText(shot, words)}</p>
    ${
      may(visitor).change &&
      html`<div class="buttons">
      ${
        page.parts.length > 1
          ? question('ok')
          : h(ActionButton, { label: words('ok'), about: name, act: sendOk, done })
      }
      ${question('defect')}
    </div>`
    }
    ${asking !== null && h(LabelDialog, { ...props, result: asking, close: () => setAsking(null) })}
  </section>`;
}
