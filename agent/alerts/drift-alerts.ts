/** Alerts on values that are not what they say: one for each feature, raised once and cleared when gone. */
import type { Alert, Cycle, DriftFinding, DriftKind, Severity, Text } from '../records.ts';
import { featureLook } from '../words.ts';
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

const share = (value: number | null): string =>
  value === null ? '?' : `${(value * 100).toFixed(0)} %`;

function sentence(speaker: Speaker, finding: DriftFinding): Text {
  const { profile } = speaker;
  const { title, unit, decimals } = featureLook(profile, finding.feature ?? '');
  const named: Text =
    finding.feature === null ? { ko: '예측 점수', en: 'Scores of the model' } : title;
  const shown = (value: number | null): string =>
    value === null ? '?' : `${value.toFixed(decimals)}${unit === '' ? '' : ` ${unit}`}`;
  const { sinceShot } = finding;
  const since: Text = {
    ko: sinceShot === null ? '' : ` ${sinceShot}번 ${profile.cycleWord.ko}부터`,
    en: sinceShot === null ? '' : ` since ${profile.cycleWord.en} ${sinceShot}`,
  };
  const { ko, en } = whatCame(finding, named, since, shown);
  const doubt: Text = isUrgent(finding)
    ? { ko: ' 이 값을 쓰는 예측은 신뢰할 수 없음.', en: ' Predictions that use it are in doubt.' }
    : { ko: '', en: '' };
  return { ko: `${ko}${doubt.ko}`, en: `${en}${doubt.en}` };
}

function whatCame(
  { kind, from, to }: DriftFinding,
  title: Text,
  since: Text,
  shown: (value: number | null) => string,
): Text {
  if (kind === 'decimal-shift') {
    const factor = times(from, to);
    return {
      ko: `${title.ko} 자릿수 어긋남: 평소 ${shown(from)} →${since.ko} ${shown(to)}(${factor.ko}). 정비 후 변환기 배율·소수점·단위 설정 확인.`,
      en: `${title.en} has its decimal point moved: usually ${shown(from)}, ${shown(to)}${since.en} (${factor.en}). Check scale, decimal point and unit of the transmitter after maintenance.`,
    };
  }
  if (kind === 'frozen')
    return {
      ko: `${title.ko} 값 고정:${since.ko} ${shown(to)}에서 움직이지 않음. 센서·배선·변환기 확인.`,
      en: `${title.en} stands still at ${shown(to)}${since.en}. Check sensor, wiring and transmitter.`,
    };
  if (kind === 'slow-offset')
    return {
      ko: `${title.ko}${since.ko} 서서히 벗어남: 평소 ${shown(from)} → ${shown(to)}. 센서(열전대) 교정 상태와 공정 조건 확인.`,
      en: `${title.en} creeps away${since.en}: usually ${shown(from)}, now ${shown(to)}. Check calibration of the sensor (thermocouple) and process conditions.`,
    };
  if (kind === 'missing-rise')
    return {
      ko: `${title.ko} 값 빠짐 증가: 평소 ${share(from)} → ${share(to)}. 커넥터·배선 접촉 확인.`,
      en: `${title.en} is missing more often: usually ${share(from)}, now ${share(to)}. Check plugs and wiring.`,
    };
  return {
    ko: `${title.ko} 분포가 학습 때와 다름(PSI ${to?.toFixed(2)}, 우연으로 설명되는 값 ${from?.toFixed(2)}까지). 공정 변경 여부 확인, 모델 재학습 검토.`,
    en: `${title.en}: spread unlike in training (PSI ${to?.toFixed(2)}, chance explains up to ${from?.toFixed(2)}). See what changed in the process; consider training the model anew.`,
  };
}

function times(from: number | null, to: number | null): Text {
  const decades = Math.round(Math.log10((to ?? 1) / (from ?? 1)));
  const factor = 10 ** Math.abs(decades);
  return decades > 0
    ? { ko: `약 ${factor}배`, en: `about ${factor} times as much` }
    : { ko: `약 1/${factor}`, en: `about 1/${factor}` };
}
