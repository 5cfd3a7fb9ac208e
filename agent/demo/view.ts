/** What the demo shows on a terminal: a line per verdict, alerts in the operator's words. */
import type { Profile } from '../../config/profile.ts';
import type { Alert, Cycle, Severity, Verdict } from '../records.ts';
import { type Language, outcomeWords, reasonText, whyText } from '../words.ts';
import type { DemoSummary } from './account.ts';

export type { Language };

const paint: Record<Severity | 'ok' | 'defect' | 'unscored', string> = {
  stop: '\u001b[41;97m',
  warning: '\u001b[31;1m',
  caution: '\u001b[33;1m',
  info: '\u001b[36m',
  ok: '\u001b[32m',
  defect: '\u001b[31m',
  unscored: '\u001b[90m',
};

const chance = { ko: '불량확률', en: 'p(defect)' } as const;

export interface ViewParts {
  readonly color: boolean;
  readonly language: Language;
  /** Machine id → what operators call it, and its profile. */
  readonly machines: ReadonlyMap<string, { readonly name: string; readonly profile: Profile }>;
  /** File name of the log that is replayed; null: simulated machines. */
  readonly log: string | null;
}

export class TerminalView {
  readonly #color: boolean;
  readonly #language: Language;
  readonly #machines: ViewParts['machines'];
  readonly #log: string | null;

  constructor({ color, language, machines, log }: ViewParts) {
    this.#color = color;
    this.#language = language;
    this.#machines = machines;
    this.#log = log;
  }

  verdict(cycle: Cycle, verdict: Verdict): string {
    const { outcome, probability, times } = verdict;
    const language = this.#language;
    const machine = this.#machines.get(cycle.machine);
    const shot = `#${cycle.shot ?? cycle.index}`;
    const mold =
      cycle.mold === null ? '' : `${this.#language === 'ko' ? '금형' : 'mold'} ${cycle.mold}`;
    const p =
      probability === null ? '' : `, ${chance[language]} ${(probability * 100).toFixed(1)} %`;
    const why =
      outcome === 'ok' ? '' : ` (${whyText(verdict, machine?.profile ?? null, language)})`;
    const ms = ((times.verdict ?? times.snapshot) - times.snapshot).toFixed(1);
    const text = `${machine?.name ?? cycle.machine} ${mold} ${shot} ${outcomeWords[outcome][language]}${p}${why} ${ms} ms`;
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

  opening(speed: number | 'max', file: string, panelPort: number | null): string {
    const count = this.#machines.size;
    const url = panelPort === null ? null : `http://127.0.0.1:${panelPort}/`;
    const korean = url === null ? '' : `\n화면: ${url}`;
    const english = url === null ? '' : `\nscreen: ${url}`;
    if (this.#language === 'ko') {
      const what = this.#log === null ? `모의 설비 ${count}대` : `기록 ${this.#log} 재생`;
      const pace = speed === 'max' ? '최고 속도' : `${speed}배속`;
      return `${what}, ${pace}. Ctrl-C로 끝내면 요약이 나옵니다.\n다른 터미널에서: ppuri watch -c ${file}${korean}`;
    }
    const machines = `${count} simulated machine${count === 1 ? '' : 's'}`;
    const what = this.#log === null ? machines : `replay of ${this.#log}`;
    return `${what}, speed ${speed}; Ctrl-C ends with a summary\nin another terminal: ppuri watch -c ${file}${english}`;
  }

  summary(summary: DemoSummary): string {
    const isLog = this.#log !== null;
    return this.#language === 'ko' ? summaryKo(summary, isLog) : summaryEn(summary, isLog);
  }

  #paint(kind: keyof typeof paint, text: string): string {
    return this.#color ? `${paint[kind]}${text}\u001b[0m` : text;
  }
}

function unscoredText({ verdicts }: DemoSummary, language: Language): string {
  const reasons = Object.entries(verdicts.unscored);
  const count = reasons.reduce((sum, [, n]) => sum + n, 0);
  const words = `${outcomeWords.unscored[language]} ${count}`;
  if (count === 0) return words;
  return `${words} (${reasons.map(([reason, n]) => `${reasonText(reason, language)} ${n}`).join(', ')})`;
}

/** Nothing to compare where no judged shot has a label. */
function comparable({ truth }: DemoSummary): DemoSummary['truth'] {
  return truth === null || truth.defects + truth.good === 0 ? null : truth;
}

function summaryKo(summary: DemoSummary, isLog: boolean): string {
  const { cycles, verdicts, unaccounted, repeated, delivered, alerts, latencyMs } = summary;
  const latency = latencyMs.snapshotToAlert;
  const truth = comparable(summary);
  return [
    `${isLog ? '재생' : '생산'} ${cycles.made}샷, 저장 ${cycles.kept}샷, 누락 ${unaccounted}, 중복 ${repeated}`,
    `판정: 양품 ${verdicts.ok}, 불량 ${verdicts.defect}, ${unscoredText(summary, 'ko')}`,
    ...(delivered === null ? [] : [`수신 서버 도착 ${delivered}샷`]),
    `알림 ${alerts.length}건`,
    ...(truth === null
      ? []
      : [
          `${isLog ? '기록의 검사 결과와' : '모의 설비의 실제와'} 비교: 불량 ${truth.defects}샷 중 ${truth.caught}샷 검출, ` +
            `양품 ${truth.good}샷 중 오경보 ${truth.falseAlarms}샷`,
        ]),
    ...(latency === null
      ? []
      : [`스냅샷→판정·알림: p50 ${latency.p50} ms, p99 ${latency.p99} ms, 최대 ${latency.max} ms`]),
  ].join('\n');
}

function summaryEn(summary: DemoSummary, isLog: boolean): string {
  const { cycles, verdicts, unaccounted, repeated, delivered, alerts, latencyMs } = summary;
  const latency = latencyMs.snapshotToAlert;
  const truth = comparable(summary);
  return [
    `shots ${isLog ? 'replayed' : 'made'} ${cycles.made}, kept ${cycles.kept}, unaccounted ${unaccounted}, repeated ${repeated}`,
    `verdicts: ok ${verdicts.ok}, defect ${verdicts.defect}, ${unscoredText(summary, 'en')}`,
    ...(delivered === null ? [] : [`arrived at the receiver: ${delivered}`]),
    `alerts raised: ${alerts.length}`,
    ...(truth === null
      ? []
      : [
          `against ${isLog ? 'the log’s labels' : 'the simulators’ truth'}: ${truth.caught} of ${truth.defects} defects caught, ` +
            `${truth.falseAlarms} false alarms on ${truth.good} good shots`,
        ]),
    ...(latency === null
      ? []
      : [
          `snapshot to verdict or alert: p50 ${latency.p50} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
        ]),
  ].join('\n');
}
