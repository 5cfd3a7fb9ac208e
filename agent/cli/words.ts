/** How times are written. */
import type { Text } from '../records.ts';
import type { Language } from '../words.ts';

export type { Language };

/** Korean where the terminal's locale is Korean. */
export function terminalLanguage(): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  return (LC_ALL ?? LC_MESSAGES ?? LANG ?? '').startsWith('ko') ? 'ko' : 'en';
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time to the second; `~` before it when the clock was not set at that moment. */
export function timeText(wallMs: number, clockSynced = true): string {
  const at = new Date(wallMs);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${clockSynced ? '' : '~'}${date} ${time}`;
}

/** How long, in its two largest units. */
export function spanText(ms: number, lang: Language): string {
  const units: readonly [number, Text][] = [
    [86_400_000, { ko: '일', en: 'd' }],
    [3_600_000, { ko: '시간', en: 'h' }],
    [60_000, { ko: '분', en: 'min' }],
    [1000, { ko: '초', en: 's' }],
  ];
  let rest = Math.max(0, ms);
  const parts: string[] = [];
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(lang === 'ko' ? `${count}${name.ko}` : `${count} ${name.en}`);
  }
  return parts.length === 0 ? (lang === 'ko' ? '0초' : '0 s') : parts.slice(0, 2).join(' ');
}
