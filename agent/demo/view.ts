/** What the demo shows on a terminal: a line per verdict, alerts in the operator's words. */
import type { Alert, Cycle, Severity, Verdict } from '../records.ts';
import type { DemoSummary } from './account.ts';

export type Language = 'ko' | 'en';

const paint: Record<Severity | 'ok' | 'defect' | 'unscored', string> = {
  stop: '\u001b[41;97m',
  warning: '\u001b[31;1m',
  caution: '\u001b[33;1m',
  info: '\u001b[36m',
  ok: '\u001b[32m',
  defect: '\u001b[31m',
  unscored: '\u001b[90m',
};

const outcomeWords = {
  ko: { ok: '양품', defect: '불량', unscored: '판정 보류' },
  en: { ok: 'ok', defect: 'defect', unscored: 'unscored' },
} as const;

export class TerminalView {
  readonly #color: boolean;
  readonly #language: Language;
  readonly #names: ReadonlyMap<string, string>;

  /** `names`: machine id → what operators call it. */
  constructor(color: boolean, language: Language, names: ReadonlyMap<string, string>) {
    this.#color = color;
    this.#language = language;
    this.#names = names;
  }

  verdict(cycle: Cycle, verdict: Verdict): string {
    const { outcome, reason, detail, probability, times } = verdict;
    const words = outcomeWords[this.#language];
    const shot = `#${cycle.shot ?? cycle.index}`;
    const mold =
      cycle.mold === null ? '' : `${this.#language === 'ko' ? '금형' : 'mold'} ${cycle.mold}`;
    const p = probability === null ? '' : ` p=${probability.toFixed(3)}`;
    const why = outcome === 'ok' ? '' : ` (${reason}${detail === null ? '' : `: ${detail}`})`;
    const ms = ((times.verdict ?? times.snapshot) - times.snapshot).toFixed(1);
    const text = `${this.#name(cycle.machine)} ${mold} ${shot} ${words[outcome]}${p}${why} ${ms} ms`;
    return this.#paint(outcome, text.replaceAll(/ +/g, ' '));
  }

  alert(alert: Alert): string {
    const [first, second] =
      this.#language === 'ko' ? [alert.text.ko, alert.text.en] : [alert.text.en, alert.text.ko];
    if (alert.state === 'cleared') {
      return this.#paint('ok', `   ${this.#language === 'ko' ? '해제' : 'cleared'}: ${first}`);
    }
    return `${this.#paint(alert.severity, `>> ${first}`)}\n   ${second}`;
  }

  opening(machines: number, speed: number | 'max', file: string): string {
    return this.#language === 'ko'
      ? `모의 설비 ${machines}대, 배속 ${speed}. Ctrl-C로 끝내면 요약이 나옵니다.\n다른 터미널에서: ppuri status -c ${file}`
      : `${machines} simulated machine(s), speed ${speed}; Ctrl-C ends with a summary\nin another terminal: ppuri status -c ${file}`;
  }

  summary(summary: DemoSummary): string {
    return this.#language === 'ko' ? summaryKo(summary) : summaryEn(summary);
  }

  #name(machine: string): string {
    return this.#names.get(machine) ?? machine;
  }

  #paint(kind: keyof typeof paint, text: string): string {
    return this.#color ? `${paint[kind]}${text}\u001b[0m` : text;
  }
}

const reasonsOf = ({ verdicts }: DemoSummary): string =>
  Object.entries(verdicts.unscored)
    .map(([reason, n]) => `${reason} ${n}`)
    .join(', ') || '0';

function summaryKo(summary: DemoSummary): string {
  const { cycles, verdicts, unaccounted, repeated, truth, alerts, latencyMs } = summary;
  const latency = latencyMs.snapshotToAlert;
  return [
    `생산 ${cycles.made}샷, 저장 ${cycles.kept}샷, 누락 ${unaccounted}, 중복 ${repeated}`,
    `판정: 양품 ${verdicts.ok}, 불량 ${verdicts.defect}, 판정 보류 ${reasonsOf(summary)}`,
    `알림 ${alerts.length}건`,
    ...(truth === null
      ? []
      : [
          `모의 설비의 실제와 비교: 불량 ${truth.defects}샷 중 ${truth.caught}샷 검출, ` +
            `양품 ${truth.good}샷 중 오경보 ${truth.falseAlarms}샷`,
        ]),
    ...(latency === null
      ? []
      : [`스냅샷→판정·알림: p50 ${latency.p50} ms, p99 ${latency.p99} ms, 최대 ${latency.max} ms`]),
  ].join('\n');
}

function summaryEn(summary: DemoSummary): string {
  const { cycles, verdicts, unaccounted, repeated, truth, alerts, latencyMs } = summary;
  const latency = latencyMs.snapshotToAlert;
  return [
    `shots made ${cycles.made}, kept ${cycles.kept}, unaccounted ${unaccounted}, repeated ${repeated}`,
    `verdicts: ok ${verdicts.ok}, defect ${verdicts.defect}, unscored ${reasonsOf(summary)}`,
    `alerts raised: ${alerts.length}`,
    ...(truth === null
      ? []
      : [
          `against the simulators' truth: ${truth.caught} of ${truth.defects} defects caught, ` +
            `${truth.falseAlarms} false alarms on ${truth.good} good shots`,
        ]),
    ...(latency === null
      ? []
      : [
          `snapshot to verdict or alert: p50 ${latency.p50} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
        ]),
  ].join('\n');
}
