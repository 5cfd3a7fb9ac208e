/** What tells people beside the screens (lights, relays, webhooks), as a line for a terminal. */
import type { Overview } from '../panel/contract.ts';
import type { Paint } from './status-buses.ts';
import { plainText } from './table.ts';
import type { Language } from './words.ts';

export type SeenOutputs = Overview['outputs'];

/** `출력 light 이상: unit 9 does not answer, office 정상`; nothing where none is configured. */
export function outputLines(outputs: SeenOutputs, lang: Language, paint: Paint): string[] {
  if (outputs.length === 0) return [];
  const ko = lang === 'ko';
  const states = outputs.map(({ name, ok, detail }) => {
    if (ok) return `${name} ${paint('green', ko ? '정상' : 'ok')}`;
    const why = detail === '' ? '' : `: ${plainText(detail)}`;
    return `${name} ${paint('red', ko ? '이상' : 'fails')}${why}`;
  });
  return [`${ko ? '출력' : 'outputs'} ${states.join(', ')}`];
}
