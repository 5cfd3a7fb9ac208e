/** Plants as the panel's server would tell of them: machines, alerts and shots, made from a seed. */
import type {
  AlertView,
  DriverView,
  FeatureView,
  HistoryPage,
  MachinePage,
  MachineView,
  Overview,
  ShotView,
} from '../../agent/panel/contract.ts';
import type { Handling, Severity, Text, Verdict } from '../../agent/records.ts';
import { createRandom } from '../fixtures/random.ts';
import { moldChange, pastStops, productionOf, stopReasons } from './production.ts';

export interface PlantShape {
  readonly machines: number;
  /** Names and titles as long as they get. */
  readonly long?: boolean;
}

/** Fixed, so that pictures of two runs are the same: a Friday at 14:05 in Seoul. */
export const now = Date.UTC(2026, 10, 27, 5, 5);

const defects: readonly { id: string; title: Text }[] = [
  { id: 'shrinkage', title: { ko: '수축공', en: 'shrinkage porosity' } },
  { id: 'gas-porosity', title: { ko: '기포', en: 'gas porosity' } },
  { id: 'misrun', title: { ko: '미성형', en: 'misrun' } },
  { id: 'cold-shut', title: { ko: '탕경', en: 'cold shut' } },
  { id: 'soldering', title: { ko: '소착', en: 'die soldering' } },
  { id: 'flash', title: { ko: '플래시', en: 'flash' } },
  { id: 'blister', title: { ko: '블리스터', en: 'blister' } },
];

export const untouched: Handling = {
  attention: 'call',
  acknowledged: null,
  shelved: null,
  falseAlarm: null,
  stale: false,
  returns: 0,
};

function drivers(): readonly DriverView[] {
  return [
    {
      feature: 'biscuitThickness',
      title: { ko: '비스킷 두께', en: 'biscuit thickness' },
      unit: 'mm',
      decimals: 1,
      value: 18.4,
      normalLow: 22.1,
      normalHigh: 27.9,
      share: 0.58,
    },
    {
      feature: 'castPressure',
      title: { ko: '주조 압력', en: 'casting pressure' },
      unit: 'bar',
      decimals: 1,
      value: 301.2,
      normalLow: 322,
      normalHigh: 341.5,
      share: 0.27,
    },
    {
      feature: 'intensificationTime',
      title: { ko: '증압 상승 시간', en: 'intensification time' },
      unit: 'ms',
      decimals: 0,
      value: 96,
      normalLow: 41,
      normalHigh: 72,
      share: 0.15,
    },
  ];
}

export interface AlertWanted {
  readonly machine: string;
  readonly machineName: string;
  readonly severity?: Severity;
  readonly id?: string;
  readonly handling?: Partial<Handling>;
  readonly long?: boolean;
}

/** A shrinkage warning with its drivers, unless another severity is asked for. */
export function alertOf(wanted: AlertWanted): AlertView {
  const { machine, machineName, severity = 'warning', long = false } = wanted;
  const shrinkage = severity === 'warning' || severity === 'stop';
  const title: Text = shrinkage
    ? { ko: long ? '증압 불량·수축공 위험' : '수축공 위험', en: 'shrinkage porosity risk' }
    : { ko: '통신두절', en: 'connection lost' };
  const action: Text = shrinkage
    ? {
        ko: '급탕량과 래들을 확인하고, 증압과 어큐뮬레이터(ACC) 질소압을 점검하십시오.',
        en: 'Check the ladle and the metal dose, then intensification and accumulator gas pressure.',
      }
    : { ko: '케이블·PLC 전원 확인.', en: 'Check cable and PLC power.' };
  return {
    id: wanted.id ?? `${machine}/${title.en}`,
    state: 'raised',
    machine,
    machineName,
    mold: shrinkage ? '8412' : null,
    severity,
    cause: shrinkage ? 'shrinkage' : 'bus-lost',
    text: {
      ko: `[경고] ${machineName} ${title.ko}. ${action.ko}`,
      en: `[Warning] ${machineName}: ${title.en}. ${action.en}`,
    },
    title,
    action,
    shots: shrinkage ? { from: 1204, to: 1223 } : null,
    count: shrinkage ? 5 : 1,
    drivers: shrinkage ? drivers() : [],
    handling: { ...untouched, ...wanted.handling },
    raisedWallMs: now - 240_000,
    updatedWallMs: now - 8000,
  };
}

function outcomes(seed: number, count: number, bad: boolean): Verdict['outcome'][] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const draw = random();
    if (bad && i > count - 8 && draw < 0.7) return 'defect';
    return draw < 0.03 ? 'defect' : draw < 0.08 ? 'unscored' : 'ok';
  });
}

export function shotOf(index: number, outcome: Verdict['outcome']): ShotView {
  const judged = outcome !== 'unscored';
  return {
    boot: 'boot-a',
    seq: 5000 + index,
    shot: 1164 + index,
    mold: '8412',
    wallMs: now - (60 - index) * 45_000,
    outcome,
    why: judged
      ? outcome === 'ok'
        ? { ko: '기준 미만', en: 'below threshold' }
        : { ko: '기준 이상', en: 'at or above threshold' }
      : {
          ko: '입력값 없음: 진공도(오류값 65535)',
          en: 'input missing: vacuum (error value 65535)',
        },
    probability: judged ? (outcome === 'ok' ? 0.08 : 0.81) : null,
    threshold: judged ? 0.44 : null,
    labels: [],
  };
}

const longNames = ['다이캐스팅 12호기', '사출성형 2공장 3호기'];

function machineOf(index: number, shape: PlantShape, alert: AlertView | undefined): MachineView {
  const recent = outcomes(index + 1, 40, alert?.severity === 'warning');
  const last = recent.at(-1);
  const quiet = index === 4;
  const lost = alert?.severity === 'caution';
  return {
    id: `dc-${String(index + 1).padStart(2, '0')}`,
    name: nameOf(index, shape),
    cycleWord: { ko: '샷', en: 'shot' },
    link: lost ? 'lost' : quiet ? 'unknown' : 'up',
    mold: quiet ? null : '8412',
    worst: alert?.severity ?? null,
    openAlerts: alert === undefined ? 0 : 1,
    model: index === 3 ? null : { name: 'diecast-defect', version: '1.4.0' },
    last: quiet || last === undefined ? null : shotOf(59, last),
    lastAgeMs: quiet ? null : 8000,
    recent: quiet ? [] : recent,
    shift: shiftOf(index),
  };
}

function nameOf(index: number, { long = false }: PlantShape): string {
  if (long) return longNames[index % longNames.length] ?? '';
  return index % 3 === 2 ? `사출 ${index + 1}호기` : `${index + 1}호기`;
}

function shiftOf(index: number): Overview['shift'] {
  return {
    fromWallMs: now - 6 * 3_600_000,
    shots: 412 + index,
    ok: 398,
    defect: 9 + index,
    unscored: 5,
    alerts: 2,
    ...productionOf(index),
  };
}

/** The first machine has a shrinkage warning, the third lost its link; the rest is calm. */
export function plantOf(shape: PlantShape): Overview {
  const long = shape.long ?? false;
  const at = (index: number) => ({
    machine: `dc-${String(index + 1).padStart(2, '0')}`,
    machineName: nameOf(index, shape),
    long,
  });
  const alerts = [
    alertOf(at(0)),
    ...(shape.machines >= 3 ? [alertOf({ ...at(2), severity: 'caution' })] : []),
  ];
  const machines = Array.from({ length: shape.machines }, (_, i) =>
    machineOf(
      i,
      shape,
      alerts.find(({ machine }) => machine === at(i).machine),
    ),
  );
  return {
    gateway: long ? 'gw-press-신관-1라인' : 'gw-press-3',
    site: 'busan-1',
    locale: 'ko',
    sentWallMs: now,
    clockKnown: true,
    loopSilentMs: 120,
    machines,
    alerts,
    buses: [
      { name: 'press', up: true, detail: '' },
      { name: 'cabinet', up: !long, detail: long ? 'bus-timeout' : '' },
    ],
    cloud: [{ name: 'mqtt', up: true, pending: long ? 18_240 : 0, detail: '' }],
    store: 'ok',
    outputs: [{ name: 'light', ok: true, detail: '' }],
    buzzer: 'off',
    shift: {
      fromWallMs: now - 6 * 3_600_000,
      shots: 2104,
      ok: 2041,
      defect: 38,
      unscored: 25,
      alerts: 4,
    },
  };
}

const units: Readonly<Record<string, string>> = {
  biscuitThickness: 'mm',
  castPressure: 'bar',
  upperDieTemperature1: '°C',
  sprayTime: 's',
};

function feature(
  seed: number,
  name: string,
  title: Text,
  [low, high]: [number, number],
  drift: number,
): FeatureView {
  const random = createRandom(seed);
  const width = high - low;
  const values = Array.from({ length: 60 }, (_, i) => {
    if (i === 22) return null;
    const moved = drift * Math.max(0, i - 38) * (width / 20);
    return low + width * (0.35 + random() * 0.3) + moved;
  });
  const decimals = width < 30 ? 1 : 0;
  return {
    feature: name,
    title,
    unit: units[name] ?? '',
    decimals,
    normalLow: low,
    normalHigh: high,
    values,
  };
}

export function machinePageOf(
  overview: Overview,
  id: string,
  parts: readonly string[] = [''],
): MachinePage | null {
  const machine = overview.machines.find((it) => it.id === id);
  if (machine === undefined) return null;
  const bad = machine.worst === 'warning';
  const shots = outcomes(Number(id.slice(3)), 60, bad).map((outcome, i) => shotOf(i, outcome));
  return {
    machine,
    health: bad
      ? {
          state: 'attention',
          line: {
            ko: '입력값 이상 1건(모델 입력 1건)',
            en: '1 values in doubt (1 of model inputs)',
          },
          details: [
            {
              ko: '고속 속도 자릿수 어긋남: 평소 300.0 cm/s → 1204번 샷부터 30.0 cm/s(약 1/10). 정비 후 변환기 배율·소수점·단위 설정 확인.',
              en: 'fast-shot speed has its decimal point moved: usually 300.0 cm/s, 30.0 cm/s since shot 1204 (about 1/10). Check scale, decimal point and unit of the transmitter after maintenance.',
            },
          ],
        }
      : { state: 'good', line: { ko: '입력값 이상 없음', en: 'no value in doubt' }, details: [] },
    defects,
    parts,
    shots,
    stops: [...(machine.stop === undefined ? [] : [machine.stop]), ...pastStops(now)],
    ...{ stopReasons, moldChange: moldChange(now) },
    features: [
      feature(
        1,
        'biscuitThickness',
        { ko: '비스킷 두께', en: 'biscuit thickness' },
        [22.1, 27.9],
        bad ? -1 : 0,
      ),
      feature(
        2,
        'castPressure',
        { ko: '주조 압력', en: 'casting pressure' },
        [322, 341.5],
        bad ? -0.6 : 0,
      ),
      feature(
        3,
        'upperDieTemperature1',
        { ko: '상형 온도 1', en: 'upper die temperature 1' },
        [181, 233],
        0.1,
      ),
      {
        ...feature(4, 'sprayTime', { ko: '이형제 분사 시간', en: 'spray time' }, [1.4, 2.2], 0),
        normalLow: null,
        normalHigh: null,
      },
    ],
  };
}

export function historyOf(overview: Overview): HistoryPage {
  const done = { who: '김반장', wallMs: now - 60_000 };
  return {
    alerts: overview.alerts.map((alert, i) => ({
      ...alert,
      state: 'cleared',
      handling: { ...untouched, acknowledged: i === 0 ? done : null },
    })),
    deeds: [
      {
        what: 'alert-acknowledged',
        subject: overview.alerts[0]?.id ?? '',
        who: '김반장',
        from: 'panel',
        detail: null,
        wallMs: now - 60_000,
      },
      {
        what: 'login-failed',
        subject: 'admin',
        who: '10.0.0.7',
        from: 'panel',
        detail: '3',
        wallMs: now - 900_000,
      },
    ],
  };
}
