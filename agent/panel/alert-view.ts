/** An alert as the panel shows it: a few words, the values, what to do, which shots. */
import type { Alert, Handling, Text } from '../records.ts';
import type { AlertView, DriverView } from './contract.ts';
import type { MachinePlan } from './plan.ts';

const mostDrivers = 3;
/** A deviation below this says nothing to whoever reads it. */
const leastZ = 1.5;

const unhandled: Handling = {
  attention: 'quiet',
  acknowledged: null,
  shelved: null,
  falseAlarm: null,
  stale: false,
  returns: 0,
};

const plant: Text = { ko: '전체 설비', en: 'all machines' };

interface Words {
  readonly title: Text;
  readonly action: Text;
}

/** What is wrong with a value, by cause; the key of the alert says whose. */
const valueWords: Readonly<Record<string, Words>> = {
  'decimal-shift': {
    title: { ko: '자릿수 어긋남', en: 'decimal point moved' },
    action: {
      ko: '변환기 배율·소수점·단위 확인.',
      en: 'Check scale, decimal point and unit of the transmitter.',
    },
  },
  'sensor-frozen': {
    title: { ko: '값 고정', en: 'stands still' },
    action: { ko: '센서·배선·변환기 확인.', en: 'Check sensor, wiring and transmitter.' },
  },
  'slow-offset': {
    title: { ko: '서서히 벗어남', en: 'creeps away' },
    action: {
      ko: '센서 교정 상태와 공정 조건 확인.',
      en: 'Check calibration of the sensor and process conditions.',
    },
  },
  'missing-rise': {
    title: { ko: '값 빠짐 증가', en: 'missing more often' },
    action: { ko: '커넥터·배선 접촉 확인.', en: 'Check plugs and wiring.' },
  },
  'model-drift': {
    title: { ko: '분포가 학습 때와 다름', en: 'unlike in training' },
    action: {
      ko: '공정 변경 확인, 모델 재학습 검토.',
      en: 'See what changed; consider training anew.',
    },
  },
};

function valueWordsOf({ key }: Alert, words: Words, machine: MachinePlan | null): Words {
  const feature = key?.split(':')[2] ?? '';
  const scores: Text = { ko: '예측 점수', en: 'scores' };
  const known = machine?.features[feature]?.title ?? { ko: feature, en: feature };
  const { ko, en } = feature === '' ? scores : known;
  const { title, action } = words;
  return { title: { ko: `${ko} ${title.ko}`, en: `${en} ${title.en}` }, action };
}

/** Alerts that are not of a defect. */
const serviceWords: Readonly<Record<string, Words>> = {
  interlock: {
    title: { ko: '설비 자체 정지', en: 'Stopped by its interlock' },
    action: { ko: '조작반의 알람 확인.', en: 'See the alarm on its own panel.' },
  },
  'bus-lost': {
    title: { ko: '통신두절', en: 'No communication' },
    action: { ko: '케이블·PLC 전원 확인.', en: 'Check cable and PLC power.' },
  },
  'prediction-stopped': {
    title: { ko: '예측 중지', en: 'Predictions stopped' },
    action: {
      ko: '담당자 확인. 한계값 감시만 계속.',
      en: 'Tell the technician. Only limits watch.',
    },
  },
  'model-set-aside': {
    title: { ko: '예측 모델 사용 중지', en: 'Model set aside' },
    action: { ko: '담당자 확인 필요.', en: 'Tell the technician.' },
  },
  'model-returned': {
    title: { ko: '새 모델 적용 취소', en: 'New model taken back' },
    action: {
      ko: '기존 모델로 판정 중. 담당자 확인.',
      en: 'The old model judges. Tell the technician.',
    },
  },
  'model-missing': {
    title: { ko: '적용 모델 없음', en: 'Model gone' },
    action: {
      ko: '모델 파일 확인. 담당자 확인.',
      en: 'See to its files. Tell the technician.',
    },
  },
  'warm-up': {
    title: { ko: '정지 후 재가동', en: 'Restarted after a stop' },
    action: { ko: '예열타 구분.', en: 'Set warm-up shots aside.' },
  },
  'furnace-lid-open': {
    title: { ko: '뚜껑 열림 손실', en: 'Lid open: heat lost' },
    action: { ko: '뚜껑 닫기.', en: 'Close the lid.' },
  },
  'furnace-hold-long': {
    title: { ko: '보온 시간 초과', en: 'Held too long' },
    action: {
      ko: '출탕 시각에 맞춰 장입 시작, 늦어지면 보온 온도 낮추기.',
      en: 'Charge to meet the time of tapping; lower the set point when it is put off.',
    },
  },
  'furnace-split-charge': {
    title: { ko: '나눠 장입', en: 'Charged in many pieces' },
    action: { ko: '큰 덩어리부터 모아서 장입.', en: 'Charge in fewer pieces, large ones first.' },
  },
  'furnace-cold-charge': {
    title: { ko: '예열 안 된 장입재', en: 'Charge not preheated' },
    action: { ko: '장입재 건조·예열.', en: 'Dry and preheat what is charged.' },
  },
  'alert-flood': {
    title: { ko: '알림 폭주', en: 'Alert flood' },
    action: {
      ko: '전원·네트워크·원료 같은 공통 원인부터 확인.',
      en: 'Look for what they share first: power, network, material.',
    },
  },
};

const unknownDefect: Words = {
  title: { ko: '불량 위험(유형 미상)', en: 'Risk of a defect of unknown type' },
  action: { ko: '부품 확인.', en: 'Inspect the part.' },
};

/** Which sensor, and what it shows, out of the alert's key and text. */
function sensorWords({ key, text }: Alert, machine: MachinePlan | null): Words {
  const signal = key?.replace(/^sensor:/, '') ?? '';
  const title = machine?.signals[signal] ?? { ko: signal, en: signal };
  const [, ko = ''] = /센서 이상\(([^)]*)\)/.exec(text.ko) ?? [];
  const [, en = ''] = /sensor fault \(([^)]*)\)/.exec(text.en) ?? [];
  return {
    title: { ko: `${title.ko} 센서 이상`.trim(), en: `${title.en} sensor fault`.trim() },
    action: {
      ko: `${ko === '' ? '' : `${ko}. `}센서·배선 확인.`,
      en: `${en === '' ? '' : `${en}. `}Check sensor and wiring.`,
    },
  };
}

function wordsOf(alert: Alert, machine: MachinePlan | null): Words {
  if (alert.cause === 'sensor-invalid') return sensorWords(alert, machine);
  const ofValue = valueWords[alert.cause];
  if (ofValue !== undefined) return valueWordsOf(alert, ofValue, machine);
  const defect = machine?.defects[alert.cause];
  if (defect === undefined) return serviceWords[alert.cause] ?? unknownDefect;
  const { ko, en } = defect.title;
  return { title: { ko: `${ko} 위험`, en: `Risk of ${en}` }, action: defect.action };
}

function driversOf(alert: Alert, machine: MachinePlan | null): DriverView[] {
  const look = (feature: string): Pick<DriverView, 'title' | 'unit' | 'decimals'> => {
    const { title, unit, decimals } = machine?.features[feature] ?? {
      title: { ko: feature, en: feature },
      unit: '',
      decimals: 2,
    };
    return { title, unit, decimals };
  };
  const byModel = alert.drivers ?? [];
  if (byModel.length > 0)
    return byModel.slice(0, mostDrivers).map((driver) => {
      // Which values they are was asked once; what they are now comes with each shot.
      const now = alert.deviations.find(({ feature }) => feature === driver.feature) ?? driver;
      const { value, normalLow, normalHigh } = now;
      return { ...look(driver.feature), ...driver, value, normalLow, normalHigh };
    });
  return alert.deviations
    .filter(({ z }) => Math.abs(z) >= leastZ)
    .slice(0, mostDrivers)
    .map(({ feature, value, normalLow, normalHigh }) => ({
      ...{ feature, ...look(feature), value, normalLow, normalHigh, share: null },
    }));
}

/** `machine`: null for the gateway as a whole, or one that is no longer configured. */
export function alertView(alert: Alert, machine: MachinePlan | null, lang: 'ko' | 'en'): AlertView {
  const { id, state, mold, severity, cause, text, shots, count, handling, at } = alert;
  const name = alert.machine === '*' ? plant[lang] : (machine?.name ?? alert.machine);
  return {
    ...{ id, state, mold, severity, cause, text, shots, count },
    machine: alert.machine,
    machineName: name,
    ...wordsOf(alert, machine),
    drivers: driversOf(alert, machine),
    handling: handling ?? unhandled,
    raisedWallMs: alert.sinceWallMs ?? at.wallMs,
    updatedWallMs: at.wallMs,
  };
}
