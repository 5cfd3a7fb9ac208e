/** Labels in words, for operators and inspectors. */
import type { SeenLabel } from '../labels/outcome.ts';
import { outcomeWords } from '../words.ts';
import type { Place } from './store-access.ts';
import { type Language, timeText } from './words.ts';

const goodWords = ['양품', '합격', '적합', 'ok', 'pass', 'good', 'g', '0', 'o', '○'];
const badWords = ['불량', '불합격', '부적합', 'ng', 'fail', 'bad', 'defect', '1', 'x', '×'];

export interface ResultWords {
  /** Beside the usual ones, and before them. */
  readonly ok: readonly string[];
  readonly defect: readonly string[];
}

/** What a cell or a barcode says of a part; null: neither. */
export function resultOf(text: string, own: ResultWords): 'ok' | 'defect' | null {
  const word = text.normalize('NFC').trim().toLowerCase();
  const among = (words: readonly string[]): boolean =>
    words.some((each) => each.normalize('NFC').trim().toLowerCase() === word);
  if (among(own.ok)) return 'ok';
  if (among(own.defect)) return 'defect';
  if (among(goodWords)) return 'ok';
  return among(badWords) ? 'defect' : null;
}

/** `불량(수축공)`. */
export function resultText(
  label: {
    readonly machine: string;
    readonly result: 'ok' | 'defect';
    readonly type: string | null;
  },
  { lang, profileOf }: Pick<Place, 'lang' | 'profileOf'>,
): string {
  const word = outcomeWords[label.result][lang];
  if (label.type === null) return word;
  const title = profileOf(label.machine, null)?.defects[label.type]?.title[lang];
  return `${word}(${title ?? label.type})`;
}

function shotText({ label, shot }: SeenLabel, place: Place): string {
  const part = label.part === '' ? '' : ` ${label.part}`;
  const number = label.shot === null ? '' : ` #${label.shot}`;
  return `${place.machineName(label.machine)}${number}${part} (${timeText(shot.wallMs)})`;
}

/** One line for whoever gave the label: which shot, what the agent said, what is kept now. */
export function takenLine(taken: SeenLabel, state: 'kept' | 'repeated', place: Place): string {
  const verdict = outcomeWords[taken.shot.outcome][place.lang];
  const result = resultText(taken.label, place);
  const shot = shotText(taken, place);
  if (place.lang === 'ko')
    return `${shot}: 판정 ${verdict}, 검사 ${result} ${state === 'kept' ? '등록' : '이미 등록됨'}`;
  return `${shot}: verdict ${verdict}, inspection ${result} ${state === 'kept' ? 'kept' : 'was known'}`;
}

const newestWords: Readonly<Record<Language, string>> = {
  ko: '같은 타수의 샷이 더 있어 가장 최근 것에 등록했습니다. 아니면 설비#타수@날짜로 지정하세요',
  en: 'other shots have this number: the newest was taken; name another as MACHINE#SHOT@DAY',
};

export function newestNote(taken: SeenLabel, lang: Language): string | null {
  return taken.shot.ambiguous ? newestWords[lang] : null;
}
