/** The delivery to each sync target as lines for a terminal. */
import type { TargetFacts } from '../store/delivery.ts';
import type { Paint } from './status-buses.ts';
import { type Language, spanText } from './words.ts';

const stateWords = {
  connected: { ko: '연결됨', en: 'connected' },
  connecting: { ko: '연결 중', en: 'connecting' },
  waiting: { ko: '연결 안 됨', en: 'not connected' },
} as const;

const colors = { connected: 'green', connecting: 'yellow', waiting: 'red' } as const;

function counts(facts: TargetFacts, lang: Language): string {
  const { delivered, pending, refused, oldestPendingMs } = facts;
  const age = oldestPendingMs === null || pending === 0 ? null : spanText(oldestPendingMs, lang);
  if (lang === 'ko') {
    const oldest = age === null ? '' : ` (가장 오래된 것 ${age} 전)`;
    return `전송 ${delivered}, 대기 ${pending}${oldest}${refused > 0 ? `, 수신 불가 ${refused}` : ''}`;
  }
  const oldest = age === null ? '' : ` (oldest ${age} ago)`;
  return `${delivered} delivered, ${pending} pending${oldest}${refused > 0 ? `, ${refused} undeliverable` : ''}`;
}

/** One line a target; nothing where records are delivered nowhere. */
export function syncLines(targets: readonly TargetFacts[], lang: Language, paint: Paint): string[] {
  return targets.map((facts) => {
    const state = paint(colors[facts.state], stateWords[facts.state][lang]);
    const title = lang === 'ko' ? '외부 전송' : 'sync';
    const error = facts.error === null ? '' : `: ${facts.error.message}`;
    return `${title} ${facts.target} ${state} (${counts(facts, lang)})${error}`;
  });
}
