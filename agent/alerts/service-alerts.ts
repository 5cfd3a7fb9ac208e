/** Alerts on the watching itself: a broken sensor, predictions that stopped, a warm-up, a lost link. */
import type { Alert, Cycle, Instant, Severity, Text, Verdict } from '../records.ts';
import { noteText, whyText } from '../words.ts';
import type { AlertBook } from './book.ts';
import { frozenKeyOf } from './drift-alerts.ts';
import { plainText, type Speaker } from './words.ts';

const IN_A_ROW = 3;

/** Reasons that are the machine's normal life and no fault of the watching. */
const EXPECTED = new Set(['try-shot', 'warm-up', 'line-stopped', 'shot-missed', 'no-model']);

interface Finding {
  readonly key: string;
  readonly severity: Severity;
  readonly cause: string;
  readonly text: Text;
}

export interface MissingModel {
  readonly mold: string | null;
  readonly name: string | null;
  readonly instead: string | null;
}

/** Good shots of other molds after which the mold with the bad sensor counts as taken out. */
const MOLD_GONE = 30;
const NO_MOLD = '';

/**
 * A sensor that sits in the mold is bad in one mold only: where molds alternate, good shots of the
 * others neither excuse it nor end what is told of it.
 */
class SensorState {
  /** Mold → bad shots in a row. */
  readonly #bad = new Map<string, number>();
  #goodInARow = 0;

  /** Whether it has been bad often enough, in this mold, to be told. */
  take(isGood: boolean, mold: string | null): boolean {
    const key = mold ?? NO_MOLD;
    if (isGood) {
      this.#goodInARow += 1;
      this.#bad.delete(key);
      if (this.#goodInARow >= MOLD_GONE) this.#bad.clear();
      return false;
    }
    this.#goodInARow = 0;
    const bad = (this.#bad.get(key) ?? 0) + 1;
    this.#bad.set(key, bad);
    return bad >= IN_A_ROW;
  }

  /** Good in every mold that it was bad in. */
  get isClear(): boolean {
    return this.#bad.size === 0;
  }
}

const sensorKeyOf = (signal: string): string => `sensor:${signal}`;

export class ServiceAlerts {
  readonly #speaker: Speaker;
  readonly #book: AlertBook;
  readonly #machine: string;
  readonly #sensors = new Map<string, SensorState>();
  #unscoredInARow = 0;
  #lastReason: string | null = null;

  constructor(machine: string, speaker: Speaker, book: AlertBook) {
    this.#machine = machine;
    this.#speaker = speaker;
    this.#book = book;
  }

  observe(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    return [...this.#watchSensors(cycle), ...this.#scoring(cycle, verdict), ...this.#warmUp(cycle)];
  }

  /** The machine does not answer, or answers again. */
  link(state: 'lost' | 'back', at: Instant): readonly Alert[] {
    if (state === 'back') return this.#clear('bus-lost', at);
    if (this.#book.isOpen('bus-lost')) return [];
    const ko = '통신두절. 판정 중지(정상 아님). 케이블·PLC 전원 확인.';
    const en = 'No communication. No verdicts (not a good sign). Check cable and PLC power.';
    return [
      this.#raise(
        {
          key: 'bus-lost',
          severity: 'caution',
          cause: 'bus-lost',
          text: this.#say('caution', ko, en),
        },
        at,
        null,
      ),
    ];
  }

  /** The model was set aside after repeated failures, or is back. */
  model(state: 'set-aside' | 'back', name: string, at: Instant): readonly Alert[] {
    if (state === 'back') return this.#clear('model-set-aside', at);
    if (this.#book.isOpen('model-set-aside')) return [];
    const ko = `예측 모델 ${name} 사용 중지(반복 고장). 한계값 감시만 계속. 담당자 확인 필요.`;
    const en = `Model ${name} set aside after repeated failures. Only rule limits watch. Someone must look.`;
    return [
      this.#raise(
        {
          key: 'model-set-aside',
          severity: 'warning',
          cause: 'model-set-aside',
          text: this.#say('warning', ko, en),
        },
        at,
        null,
      ),
    ];
  }

  /** A new model was taken back and the old one judges; null: that is over. */
  modelReturned(name: string, why: Text | null, at: Instant): readonly Alert[] {
    if (why === null) return this.#clear('model-returned', at);
    if (this.#book.isOpen('model-returned')) return [];
    const ko = `새 모델 ${name} 적용 취소, 기존 판정으로 복귀. 사유: ${why.ko}. 담당자 확인.`;
    const en = `New model ${name} was taken back; shots are judged as before. Reason: ${why.en}. Tell the technician.`;
    const text = this.#say('caution', ko, en);
    const cause = 'model-returned';
    return [this.#raise({ key: cause, severity: 'caution', cause, text }, at, null)];
  }

  /** What decided cannot be read any more, and `instead` does (null: limits alone); null: it can. */
  modelMissing({ mold, name, instead }: MissingModel, at: Instant): readonly Alert[] {
    const cause = 'model-missing';
    const key = `${cause}:${mold ?? ''}`;
    if (name === null) return this.#clear(key, at);
    if (this.#book.isOpen(key)) return [];
    const ko = `적용했던 모델 ${name} 파일이 없거나 바뀜. 지금은 ${instead === null ? '모델 없이 한계값만 감시' : `${instead} 모델이 판정`}. 담당자 확인.`;
    const en = `Model ${name}, which decided here, is gone or changed. Now ${instead === null ? 'only rule limits watch' : `${instead} judges`}. Tell the technician.`;
    const text = this.#say('caution', ko, en);
    return [this.#raise({ key, severity: 'caution', cause, text }, at, null)];
  }

  /** The machine has stopped itself, or runs again. */
  interlock(state: 'stopped' | 'runs', at: Instant): readonly Alert[] {
    if (state === 'runs') return this.#clear('interlock', at);
    if (this.#book.isOpen('interlock')) return [];
    const ko = '설비 자체 정지(인터록). 조작반의 알람을 확인.';
    const en = 'The machine has stopped itself (interlock). See the alarm on its own panel.';
    const text = this.#say('stop', ko, en);
    return [
      this.#raise({ key: 'interlock', severity: 'stop', cause: 'interlock', text }, at, null),
    ];
  }

  /** Something that an operator can do better, or null: that is over. */
  advice(cause: string, text: Text | null, at: Instant): readonly Alert[] {
    if (text === null) return this.#clear(cause, at);
    const said = this.#say('info', text.ko, text.en);
    return [this.#raise({ key: cause, severity: 'info', cause, text: said }, at, null)];
  }

  #watchSensors(cycle: Cycle): readonly Alert[] {
    if (cycle.observed !== 'whole') return [];
    return Object.entries(cycle.readings).flatMap(([signal, reading]) => {
      const key = sensorKeyOf(signal);
      if (reading.quality === 'missing') return [];
      const state = this.#sensors.get(signal) ?? new SensorState();
      this.#sensors.set(signal, state);
      const isBad = state.take(reading.quality === 'good', cycle.mold);
      if (!isBad) return state.isClear ? this.#clear(key, cycle.at) : [];
      if (this.#book.isOpen(key) || this.#isToldAsDrift(signal, reading.note)) return [];
      const title = this.#speaker.profile.signals[signal]?.title ?? { ko: signal, en: signal };
      const note = reading.note ?? reading.quality;
      const ko = `${title.ko} 센서 이상(${noteText(note, 'ko')}). 센서·배선 확인. 이 값은 판정에 쓰지 않음.`;
      const en = `${title.en} sensor fault (${noteText(note, 'en')}). Check sensor and wiring. Its value is not used.`;
      return [
        this.#raise(
          { key, severity: 'info', cause: 'sensor-invalid', text: this.#say('info', ko, en) },
          cycle.at,
          cycle,
        ),
      ];
    });
  }

  /** One cause, one alert: that its value stands still is told with what the model makes of it. */
  #isToldAsDrift(signal: string, note: string | undefined): boolean {
    return note?.startsWith('frozen') === true && this.#book.isOpen(frozenKeyOf(signal));
  }

  /** What was told of a sensor that stands still, once it is told as drift. */
  supersede(signal: string, at: Instant): readonly Alert[] {
    return this.#clear(sensorKeyOf(signal), at);
  }

  #scoring(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    const stopped = verdict.outcome === 'unscored' && !EXPECTED.has(verdict.reason);
    if (!stopped) {
      this.#unscoredInARow = 0;
      return verdict.outcome === 'unscored' ? [] : this.#clear('prediction-stopped', cycle.at);
    }
    this.#unscoredInARow += 1;
    if (this.#unscoredInARow < IN_A_ROW || this.#book.isOpen('prediction-stopped')) return [];
    const { profile } = this.#speaker;
    const ko = `예측 중지(정상 아님). 사유: ${whyText(verdict, profile, 'ko')}.`;
    const en = `Predictions stopped (not a good sign). Reason: ${whyText(verdict, profile, 'en')}.`;
    return [
      this.#raise(
        {
          key: 'prediction-stopped',
          severity: 'info',
          cause: 'prediction-stopped',
          text: this.#say('info', ko, en),
        },
        cycle.at,
        cycle,
      ),
    ];
  }

  #warmUp(cycle: Cycle): readonly Alert[] {
    const before = this.#lastReason;
    this.#lastReason = cycle.suppressed;
    if (cycle.suppressed !== 'warm-up') return this.#clear('warm-up', cycle.at);
    if (before === 'warm-up') return [];
    const rule = this.#speaker.profile.suppress.find(({ reason }) => reason === 'warm-up');
    const { cycleWord } = this.#speaker.profile;
    const first = rule?.cycles ?? 1;
    const ko = `정지 후 재가동. 첫 ${first}${cycleWord.ko}은 예열타로 구분.`;
    const en = `Restarted after a stop. Set the first ${first} ${cycleWord.en}s aside as warm-up.`;
    return [
      this.#raise(
        {
          key: 'warm-up',
          severity: 'caution',
          cause: 'warm-up',
          text: this.#say('caution', ko, en),
        },
        cycle.at,
        cycle,
      ),
    ];
  }

  #say(severity: Severity, ko: string, en: string): Text {
    return plainText(severity, this.#speaker, ko, en);
  }

  #raise(finding: Finding, at: Instant, cycle: Cycle | null): Alert {
    const { key, severity, cause, text } = finding;
    return this.#book.raise(key, {
      machine: this.#machine,
      mold: cycle?.mold ?? null,
      severity,
      cause,
      text,
      // Nothing is known to be wrong with a part.
      shots: null,
      deviations: [],
      at,
    });
  }

  #clear(key: string, at: Instant): readonly Alert[] {
    const cleared = this.#book.clear(key, at);
    return cleared === null ? [] : [cleared];
  }
}
