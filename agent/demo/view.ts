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

  summary(summary: DemoSummary): string {
    const { cycles, verdicts, unaccounted, repeated, truth, alerts, latencyMs } = summary;
    const reasons = Object.entries(verdicts.unscored).map(([reason, n]) => `${reason} ${n}`);
    const latency = latencyMs.snapshotToAlert;
    const lines = [
      `shots made ${cycles.made}, kept ${cycles.kept}, unaccounted ${unaccounted}, repeated ${repeated}`,
      `verdicts: ok ${verdicts.ok}, defect ${verdicts.defect}, unscored ${reasons.join(', ') || 0}`,
      `alerts raised: ${alerts.length}`,
    ];
    if (truth !== null) {
      lines.push(
        `against the simulators' truth: ${truth.caught} of ${truth.defects} defects caught, ` +
          `${truth.falseAlarms} false alarms on ${truth.good} good shots`,
      );
    }
    if (latency !== null) {
      lines.push(
        `snapshot to verdict or alert: p50 ${latency.p50} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
      );
    }
    return lines.join('\n');
  }

  #name(machine: string): string {
    return this.#names.get(machine) ?? machine;
  }

  #paint(kind: keyof typeof paint, text: string): string {
    return this.#color ? `${paint[kind]}${text}\u001b[0m` : text;
  }
}
