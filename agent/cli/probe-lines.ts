/** What `ppuri probe` prints. */
import { styleText } from 'node:util';
import type { Reading } from '../records.ts';
import { busUrl } from '../survey/bus-url.ts';
import { causes, type Diagnosis } from '../survey/causes.ts';
import { isDoubtful, isSound, type SignalEvidence } from '../survey/evidence.ts';
import { koreanNote } from '../survey/notes.ts';
import type { ProbedBus } from './probe-run.ts';
import { hexWord, numberText } from './read-lines.ts';
import type { TextSignal } from './read-text-signals.ts';
import { type Column, tableLines } from './table.ts';
import type { Language } from './words.ts';

const qualityWords: Readonly<
  Record<Reading['quality'], { readonly ko: string; readonly en: string }>
> = {
  good: { ko: '정상', en: 'good' },
  stale: { ko: '오래됨', en: 'stale' },
  invalid: { ko: '무효', en: 'invalid' },
  missing: { ko: '없음', en: 'missing' },
};

function readingText({ text, value }: Reading, unit: string): string {
  if (text !== undefined) return JSON.stringify(text);
  return value === null ? '-' : `${numberText(value)} ${unit}`.trim();
}

function qualityText(evidence: SignalEvidence, lang: Language): string {
  const doubt = lang === 'ko' ? '의심' : 'doubtful';
  return isDoubtful(evidence) ? doubt : qualityWords[evidence.reading.quality][lang];
}

const mostWords = 4;

function wordsText(words: readonly number[] | null): string {
  if (words === null) return '-';
  return words.slice(0, mostWords).map(hexWord).join(' ') + (words.length > mostWords ? ' …' : '');
}

const noteText = (note: string | undefined, lang: Language): string =>
  lang === 'ko' ? koreanNote(note ?? '') : (note ?? '');

/** Manuals give hexadecimal addresses as often as decimal ones. */
function atText({ table, address }: SignalEvidence['signal']): string {
  const hex = address.toString(16).toUpperCase().padStart(4, '0');
  return address < 10 ? `${table} ${address}` : `${table} ${address} (0x${hex})`;
}

function signalColumns(lang: Language, color: boolean): Column<SignalEvidence>[] {
  const ko = lang === 'ko';
  const paint = (text: string, evidence: SignalEvidence): string => {
    if (!color || isSound(evidence)) return text;
    return styleText(evidence.signal.required ? 'red' : 'yellow', text, { validateStream: false });
  };
  return [
    { title: ko ? '신호' : 'signal', text: ({ signal }) => signal.name },
    { title: ko ? '이름' : 'title', text: ({ signal }) => signal.title[lang] },
    {
      title: ko ? '값' : 'value',
      align: 'right',
      text: ({ reading, signal }) => readingText(reading, signal.unit),
    },
    { title: ko ? '품질' : 'quality', text: (one) => qualityText(one, lang), paint },
    { title: ko ? '위치' : 'at', text: ({ signal }) => atText(signal) },
    { title: ko ? '원시 워드' : 'raw words', text: ({ words }) => wordsText(words) },
    {
      title: 'ms',
      align: 'right',
      text: ({ roundTripMs }) => (roundTripMs === null ? '-' : roundTripMs.toFixed(1)),
    },
    { title: ko ? '비고' : 'note', text: ({ reading }) => noteText(reading.note, lang) },
  ];
}

function textColumns(lang: Language): Column<TextSignal>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '신호' : 'signal', text: ({ name }) => name },
    { title: ko ? '이름' : 'title', text: ({ title }) => title[lang] },
    {
      title: ko ? '값' : 'value',
      align: 'right',
      text: ({ reading, unit }) => readingText(reading, unit),
    },
    { title: ko ? '품질' : 'quality', text: ({ reading }) => qualityWords[reading.quality][lang] },
    { title: ko ? '위치' : 'at', text: ({ at }) => at },
    { title: ko ? '비고' : 'note', text: ({ reading }) => noteText(reading.note, lang) },
  ];
}

function causeLines(found: Diagnosis, lang: Language, color: boolean): string[] {
  const ko = lang === 'ko';
  const { text, action } = causes[found.cause];
  const where = found.machine === null ? found.bus : `${found.machine}.${found.device}`;
  const signals = found.signals.length === 0 ? '' : ` [${found.signals.join(', ')}]`;
  const head = `>> ${where}${signals}: ${text[lang]} (${found.cause})`;
  return [
    color ? styleText('yellow', head, { validateStream: false }) : head,
    `   ${ko ? '근거' : 'seen'}: ${found.evidence[lang]}`,
    ...(found.remedy === null ? [] : [`   ${ko ? '고칠 설정' : 'set'}: ${found.remedy}`]),
    `   ${ko ? '조치' : 'do'}: ${action[lang]}`,
  ];
}

function busLines(bus: ProbedBus, lang: Language, color: boolean): string[] {
  const ko = lang === 'ko';
  const head = `${ko ? '버스' : 'bus'} ${bus.name}  ${busUrl(bus.config)}`;
  if (bus.failure !== null) {
    const failed = ko ? '열 수 없음' : 'cannot be opened';
    return [`${head}  ${failed}: ${noteText(bus.failure.message, lang)}`];
  }
  const devices = bus.devices.flatMap(({ machine, device, unit, profile, signals }) => [
    '',
    `${machine}.${device}  ${ko ? '국번' : 'unit'} ${unit}  ${profile}`,
    ...deviceLines(signals, lang, color),
  ]);
  const texts = bus.textDevices.flatMap(({ machine, device, unit, profile, signals }) => [
    '',
    `${machine}.${device}  ${ko ? '번호' : 'unit'} ${unit}  ${profile}`,
    ...tableLines(textColumns(lang), signals),
  ]);
  return [head, ...devices, ...texts];
}

/** A device that said nothing is one line. */
function deviceLines(signals: readonly SignalEvidence[], lang: Language, color: boolean): string[] {
  const [first] = signals;
  const note = first?.reading.note ?? '';
  const mute = signals.every(({ words, reading }) => words === null && reading.note === note);
  if (!mute || signals.length < 2) return tableLines(signalColumns(lang, color), signals);
  const { missing } = qualityWords;
  return lang === 'ko'
    ? [`신호 ${signals.length}개 모두 ${missing.ko}: ${koreanNote(note)}`]
    : [`all ${signals.length} signals ${missing.en}: ${note}`];
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

export function probeLines(buses: readonly ProbedBus[], lang: Language, color: boolean): string[] {
  const signals = buses.flatMap(({ devices }) => devices.flatMap((device) => device.signals));
  const texts = buses.flatMap(({ textDevices }) => textDevices.flatMap((device) => device.signals));
  const all = signals.length + texts.length;
  const bad =
    signals.filter((one) => !isSound(one) && one.signal.required).length +
    texts.filter(({ reading, required }) => required && reading.quality !== 'good').length;
  const found = buses.flatMap((bus) => bus.causes);
  const sum =
    lang === 'ko'
      ? `신호 ${all}개 중 필수 신호 이상 ${bad}개, 원인 ${found.length}건`
      : `${counted(all, 'signal')}, ${bad} of the required not good, ${counted(found.length, 'cause')} found`;
  return [
    ...buses.flatMap((bus) => [...busLines(bus, lang, color), '']),
    ...found.flatMap((one) => causeLines(one, lang, color)),
    sum,
  ];
}
