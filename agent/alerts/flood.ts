/** One alert in place of many: a flood has one cause more often than ten. */
import { randomUUID } from 'node:crypto';
import type { Alert, Instant } from '../records.ts';
import { severityWords } from '../words.ts';

const mostNamed = 6;

/** `standing`: what stands now. Its machine is `*`, the gateway as a whole. */
export function floodAlert(
  standing: readonly Alert[],
  nameOf: (machine: string) => string,
  at: Instant,
): Alert {
  const machines = [...new Set(standing.map(({ machine }) => machine))].map(nameOf);
  const named = machines.slice(0, mostNamed).join('·');
  const more = machines.length - mostNamed;
  const level = severityWords.warning;
  const ko = `[${level.ko}] 알림 폭주: 10분 사이 10건 이상. ${named}${more > 0 ? ` 외 ${more}대` : ''}. 전원·네트워크·원료 같은 공통 원인부터 확인.`;
  const en = `[Warning] Alert flood: ten or more within 10 minutes. ${named}${more > 0 ? ` and ${more} more` : ''}. Look for what they share first: power, network, material.`;
  return {
    id: randomUUID().slice(0, 8),
    key: 'flood',
    state: 'raised',
    machine: '*',
    mold: null,
    severity: 'warning',
    cause: 'alert-flood',
    text: { ko, en },
    shots: null,
    count: 1,
    deviations: [],
    at,
  };
}
