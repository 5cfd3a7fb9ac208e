/** The delivery to each sync target as lines for a terminal: how it stands, and what to do. */
import type { Text } from '../records.ts';
import type { TargetFacts } from '../store/delivery.ts';
import type { Paint } from './status-buses.ts';
import { type Language, spanText } from './words.ts';

const stateWords = {
  connected: { ko: '연결됨', en: 'connected' },
  connecting: { ko: '연결 중', en: 'connecting' },
  waiting: { ko: '연결 안 됨', en: 'not connected' },
} as const;

const colors = { connected: 'green', connecting: 'yellow', waiting: 'red' } as const;

interface Trouble {
  readonly lead: Text;
  /** What to do, where it is in Korean; English has the hint of the error itself. */
  readonly act: string;
}

/** What each trouble is, in the words of who must do something about it. */
const troubles: Readonly<Record<string, Trouble>> = {
  'sync-unreachable': {
    lead: { ko: '수신 측에 연결되지 않음', en: 'not reached' },
    act: '주소와 네트워크를 확인하세요',
  },
  'sync-interrupted': {
    lead: { ko: '전송이 끊김', en: 'interrupted' },
    act: '기록은 보관 중이며 다시 전송됩니다. 계속되면 회선과 수신 서버를 확인하세요',
  },
  'sync-untrusted': {
    lead: { ko: '수신 측 인증서를 믿을 수 없음', en: 'not trusted' },
    act: '`ca`, `url`의 이름, 인증서 유효 기간을 확인하세요',
  },
  'sync-denied': {
    lead: { ko: '수신 측이 접속을 거부', en: 'denied' },
    act: '사용자 이름, 비밀번호, 토큰, `cert`·`key`와 수신 측 권한을 확인하세요',
  },
  'sync-taken-over': {
    lead: { ko: '다른 곳에서 같은 ID로 접속', en: 'taken over' },
    act: '게이트웨이마다 `gateway.id`를 다르게 하거나 `clientId`를 따로 지정하세요',
  },
  'sync-takes-nothing': {
    lead: { ko: '수신 측이 모든 기록을 거부', en: 'takes nothing' },
    act: '수신 측 설정을 고치면 자동으로 다시 전송됩니다. 버려지는 기록은 없습니다',
  },
  'sync-host-away': {
    lead: { ko: '상위 시스템(primary host) 오프라인', en: 'host away' },
    act: '상위 시스템과 `primaryHost`를 확인하세요',
  },
  'sync-no-receiver': {
    lead: { ko: '구독하는 수신 측 없음', en: 'nobody subscribes' },
    act: '수신 프로그램을 켜세요. 브로커가 직접 저장하면 `subscriber: optional`을 지정하세요',
  },
  'secret-missing': {
    lead: { ko: '비밀번호·토큰·인증서 파일 없음', en: 'secret missing' },
    act: '설정에 적힌 파일이나 환경 변수를 확인하세요',
  },
};

function counts(facts: TargetFacts, lang: Language): string {
  const { delivered, pending, undeliverable, held, oldestPendingMs } = facts;
  const age = oldestPendingMs === null || pending === 0 ? null : spanText(oldestPendingMs, lang);
  const aside = held?.count ?? 0;
  if (lang === 'ko') {
    const oldest = age === null ? '' : ` (가장 오래된 것 ${age} 전)`;
    const later = aside > 0 ? `, 보류 ${aside}` : '';
    const never = undeliverable > 0 ? `, 수신 불가 ${undeliverable}` : '';
    return `전송 ${delivered}, 대기 ${pending}${oldest}${later}${never}`;
  }
  const oldest = age === null ? '' : ` (oldest ${age} ago)`;
  const later = aside > 0 ? `, ${aside} held back` : '';
  const never = undeliverable > 0 ? `, ${undeliverable} undeliverable` : '';
  return `${delivered} delivered, ${pending} pending${oldest}${later}${never}`;
}

function nextTry({ retryInMs }: TargetFacts, lang: Language): string {
  if (retryInMs === null) return '';
  const span = spanText(retryInMs, lang);
  return lang === 'ko' ? ` (${span} 뒤 다시 시도)` : ` (tried again in ${span})`;
}

function errorLine(facts: TargetFacts, lang: Language): string[] {
  const { error } = facts;
  if (error === null) return [];
  const known = troubles[error.code];
  const lead = known === undefined ? '' : `${known.lead[lang]}: `;
  const act = lang === 'ko' ? (known?.act ?? error.hint) : error.hint;
  return [
    `  ${lead}${error.message}${nextTry(facts, lang)}`,
    ...(act === '' ? [] : [`  → ${act}`]),
  ];
}

function heldLine({ held }: TargetFacts, lang: Language): string[] {
  if (held === null) return [];
  const { first, why } = held;
  return lang === 'ko'
    ? [`  보류: ${first} 등 이 기록만 받지 않음, 나머지는 전송 중이며 나중에 다시 시도: ${why}`]
    : [`  held back, tried again later while the others are taken: ${first}: ${why}`];
}

function undeliverableLine({ target, undeliverable }: TargetFacts, lang: Language): string[] {
  if (undeliverable === 0) return [];
  const command = `ppuri ledger --retry ${target}`;
  return lang === 'ko'
    ? [`  → 원인을 고친 뒤 수신 불가 기록을 다시 보내려면: ${command}`]
    : [`  → once the cause is put right, ${command} sends the undeliverable ones again`];
}

/** Some lines a target; nothing where records are delivered nowhere. */
export function syncLines(targets: readonly TargetFacts[], lang: Language, paint: Paint): string[] {
  return targets.flatMap((facts) => {
    const state = paint(colors[facts.state], stateWords[facts.state][lang]);
    const title = lang === 'ko' ? '외부 전송' : 'sync';
    return [
      `${title} ${facts.target} ${state} (${counts(facts, lang)})`,
      ...errorLine(facts, lang),
      ...heldLine(facts, lang),
      ...undeliverableLine(facts, lang),
    ];
  });
}

/** What the file says of delivery when no agent runs; by target. */
export function stoppedSyncLines(
  {
    delivered,
    pending,
  }: Readonly<Record<'delivered' | 'pending', Readonly<Record<string, number>>>>,
  lang: Language,
): string[] {
  return Object.entries(pending).map(([target, count]) =>
    lang === 'ko'
      ? `외부 전송 ${target}: 멈춤 (전송 ${delivered[target] ?? 0}, 대기 ${count})`
      : `sync ${target}: stopped (${delivered[target] ?? 0} delivered, ${count} pending)`,
  );
}
