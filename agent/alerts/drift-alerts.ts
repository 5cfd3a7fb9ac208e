/** Alerts on values that are not what they say: one for each feature, raised once and cleared when gone. */
import type { Alert, Cycle, DriftFinding, DriftKind, Severity, Text } from '../records.ts';
import { driftWords } from '../words.ts';
import type { AlertBook } from './book.ts';
import { plainText, type Speaker } from './words.ts';

const keyStart = 'drift:';
/** Judged shots in which one that was taken over shows itself again, or is gone. */
const shotsToReturn = 60;

/** Causes of alerts, by what was found. */
const causes: Readonly<Record<DriftKind, string>> = {
  'decimal-shift': 'decimal-shift',
  frozen: 'sensor-frozen',
  'slow-offset': 'slow-offset',
  'missing-rise': 'missing-rise',
  distribution: 'model-drift',
};

/** Of the alert that a value stands still. */
export const frozenKeyOf = (feature: string): string => `${keyStart}frozen:${feature}`;

/** `drift:frozen:meltTemperature`; of scores the last part is empty. */
const keyOf = ({ kind, feature }: DriftFinding): string => `${keyStart}${kind}:${feature ?? ''}`;

export class DriftAlerts {
  readonly #speaker: Speaker;
  readonly #book: AlertBook;
  readonly #machine: string;
  readonly #open = new Set<string>();
  /** Taken over, and the shots left for each to show itself again. */
  readonly #adopted = new Map<string, number>();

  constructor(machine: string, speaker: Speaker, book: AlertBook) {
    this.#machine = machine;
    this.#speaker = speaker;
    this.#book = book;
  }

  /** All that stands after this shot. */
  observe(cycle: Cycle, findings: readonly DriftFinding[]): readonly Alert[] {
    const told: Alert[] = [];
    const standing = new Set<string>();
    for (const finding of findings) {
      const key = keyOf(finding);
      standing.add(key);
      this.#adopted.delete(key);
      if (!this.#open.has(key)) told.push(this.#raise(key, finding, cycle));
    }
    for (const key of this.#open) {
      if (standing.has(key) || this.#mayReturn(key, cycle)) continue;
      this.#open.delete(key);
      const cleared = this.#book.clear(key, cycle.at);
      if (cleared !== null) told.push(cleared);
    }
    return told;
  }

  /** Takes over an alert that stood when an earlier agent ended; false when it is none of these. */
  adopt(alert: Alert): boolean {
    const { key } = alert;
    if (key === undefined || !key.startsWith(keyStart)) return false;
    if (this.#open.has(key)) return true;
    this.#open.add(key);
    this.#adopted.set(key, shotsToReturn);
    this.#book.adopt(key, alert);
    return true;
  }

  #mayReturn(key: string, { suppressed, observed }: Cycle): boolean {
    const left = this.#adopted.get(key);
    if (left === undefined) return false;
    if (observed === 'whole' && suppressed === null) this.#adopted.set(key, left - 1);
    if (left > 1) return true;
    this.#adopted.delete(key);
    return false;
  }

  #raise(key: string, finding: DriftFinding, cycle: Cycle): Alert {
    const severity: Severity = isUrgent(finding) ? 'caution' : 'info';
    const { ko, en } = sentence(this.#speaker, finding);
    this.#open.add(key);
    return this.#book.raise(key, {
      machine: this.#machine,
      mold: finding.mold,
      severity,
      cause: causes[finding.kind],
      text: plainText(severity, this.#speaker, ko, en),
      // What is wrong is a number; whether parts are is not known.
      shots: null,
      deviations: [],
      at: cycle.at,
    });
  }
}

/** The model answers by it, so its verdicts are in doubt. */
const isUrgent = ({ kind, modelInput }: DriftFinding): boolean =>
  modelInput && ['decimal-shift', 'frozen', 'slow-offset'].includes(kind);

function sentence({ profile }: Speaker, finding: DriftFinding): Text {
  const { what, action } = driftWords(finding, profile, profile.cycleWord);
  const doubt: Text = isUrgent(finding)
    ? { ko: ' 이 값을 쓰는 예측은 신뢰할 수 없음.', en: ' Predictions that use it are in doubt.' }
    : { ko: '', en: '' };
  return {
    ko: `${what.ko}. ${action.ko}${doubt.ko}`,
    en: `${what.en}. ${action.en}${doubt.en}`,
  };
}
