import { describe, expect, test } from 'vitest';
import { AlertEngine } from '../../agent/alerts/engine.ts';
import type { Alert, Cycle, Driver, Reading, Verdict } from '../../agent/records.ts';
import { type Profile, profileSchema } from '../../config/profile.ts';

const seed = 20261122;

/** Park–Miller: enough for noise in a test, and the same everywhere. */
function noise(from: number): () => number {
  let state = from;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  };
}

const signal = (ko: string, en: string, unit: string) => ({
  title: { ko, en },
  at: 'holding 1',
  unit,
  decimals: 1,
});

const profile: Profile = profileSchema.parse({
  id: 'die',
  version: 1,
  title: { ko: '다이캐스팅기', en: 'die-casting machine' },
  facts: { source: 'test' },
  signals: {
    shotCount: { ...signal('타수', 'counter', ''), poll: 'trigger' },
    biscuit: signal('비스킷 두께', 'biscuit thickness', 'mm'),
    pressure: signal('주조 압력', 'casting pressure', 'MPa'),
    dieTemperature: signal('금형 온도', 'die temperature', '°C'),
  },
  cycle: { trigger: { on: 'change', signal: 'shotCount' } },
  features: {
    biscuit: { from: 'biscuit' },
    pressure: { from: 'pressure' },
    dieTemperature: { from: 'dieTemperature' },
  },
  suppress: [{ reason: 'warm-up', when: { signal: 'dieTemperature', below: 0 }, cycles: 5 }],
  defects: {
    shrinkage: {
      title: { ko: '수축공', en: 'shrinkage' },
      pattern: [
        { feature: 'biscuit', towards: 'low' },
        { feature: 'pressure', towards: 'low' },
      ],
      action: { ko: '급탕량·래들 확인.', en: 'Check ladle and dose.' },
    },
    'cold-shut': {
      title: { ko: '탕경', en: 'cold shut' },
      pattern: [{ feature: 'dieTemperature', towards: 'low' }],
      action: { ko: '금형 온도 확인.', en: 'Check die temperature.' },
    },
  },
  testVectors: [{ at: 'holding 0', words: [0], expect: {} }],
});

const good = (value: number): Reading => ({ value, quality: 'good', at: { monoMs: 0, wallMs: 0 } });

class Line {
  readonly engine = new AlertEngine({
    machine: 'dc-3',
    machineName: '3호기',
    profile,
    training: new Map(),
  });
  readonly #random = noise(seed);
  shot = 1000;

  shoot(
    outcome: Verdict['outcome'],
    offsets: Record<string, number> = {},
    mold = '8412',
    extra: Partial<Cycle> = {},
    said: Partial<Verdict> = {},
  ): readonly Alert[] {
    return this.judged(outcome, offsets, mold, extra, said).alerts;
  }

  /** The same with what the model is then asked. */
  judged(
    outcome: Verdict['outcome'],
    offsets: Record<string, number> = {},
    mold = '8412',
    extra: Partial<Cycle> = {},
    said: Partial<Verdict> = {},
  ) {
    this.shot += 1;
    const near = (center: number, name: string) =>
      good(center + this.#random() + (offsets[name] ?? 0));
    const features = {
      biscuit: near(25, 'biscuit'),
      pressure: near(80, 'pressure'),
      dieTemperature: near(210, 'dieTemperature'),
    };
    const at = { monoMs: this.shot, wallMs: 0 };
    const times = { trigger: 0, snapshot: 0 };
    const cycle: Cycle = {
      machine: 'dc-3',
      profile: 'die',
      mold,
      shot: this.shot,
      index: this.shot,
      observed: 'whole',
      at,
      readings: features,
      features,
      suppressed: null,
      times,
      ...extra,
    };
    const verdict: Verdict = {
      outcome,
      reason: outcome === 'unscored' ? 'missing-input' : 'x',
      detail: null,
      judge: 'model',
      probability: null,
      threshold: null,
      model: null,
      flags: [],
      breaches: [],
      times,
      ...said,
    };
    const alerts = this.engine.observe(cycle, verdict);
    return { alerts, features, question: this.engine.question(cycle, verdict) };
  }

  many(count: number, outcome: Verdict['outcome'] = 'ok', mold = '8412'): readonly Alert[] {
    return Array.from({ length: count }, () => this.shoot(outcome, {}, mold)).flat();
  }
}

describe('defect alerts', () => {
  test('say machine, value against normal, likely defect, action and which shots to sort out', () => {
    const line = new Line();
    expect(line.many(45)).toEqual([]);
    expect(line.shoot('defect', { biscuit: -7 })).toEqual([]);
    const [alert] = line.shoot('defect', { biscuit: -7 });
    expect(alert).toMatchObject({
      state: 'raised',
      cause: 'shrinkage',
      severity: 'warning',
      shots: { from: 1046, to: 1047 },
    });
    expect(alert?.text.ko).toMatch(
      /^\[경고\] 3호기 금형 8412 비스킷 두께 1[78]\.\d mm \(기준 24\.\d~25\.\d\).*\. 수축공 위험\. 급탕량·래들 확인\. 1046~1047번 선별\.$/,
    );
    expect(alert?.text.en).toMatch(
      /^\[Warning\] 3호기 mold 8412: biscuit thickness 1[78]\.\d mm \(normal 24\.\d to 25\.\d\).* Risk of shrinkage\. Check ladle and dose\. Sort out shots 1046 to 1047\.$/,
    );
  });

  test('come once per cause, are updated while it lasts, and cleared after five good shots', () => {
    const line = new Line();
    line.many(45);
    const raised = Array.from({ length: 6 }, () =>
      line.shoot('defect', { dieTemperature: -30 }),
    ).flat();
    expect(raised.map((alert) => alert.state)).toEqual([
      'raised',
      'updated',
      'updated',
      'updated',
      'updated',
    ]);
    expect(new Set(raised.map((alert) => alert.id)).size).toBe(1);
    expect(raised.at(-1)).toMatchObject({
      cause: 'cold-shut',
      count: 5,
      shots: { from: 1046, to: 1051 },
    });
    expect(line.many(5).map((alert) => alert.state)).toEqual(['cleared']);
  });

  test('do not come from one odd verdict', () => {
    const line = new Line();
    line.many(45);
    expect([
      ...line.shoot('defect'),
      ...line.many(10),
      ...line.shoot('defect'),
      ...line.many(10),
    ]).toEqual([]);
  });

  test('say the trend, and reach back to the shot since which the value is off', () => {
    const line = new Line();
    line.many(45);
    const drift = Array.from({ length: 12 }, (_, i) =>
      line.shoot('ok', { biscuit: -0.6 * i }),
    ).flat();
    expect(drift).toEqual([]);
    line.shoot('defect', { biscuit: -8 });
    const [alert] = line.shoot('defect', { biscuit: -8.6 });
    expect(alert?.text.ko).toMatch(/, 이 금형 최근 1[0-5]샷 하락\. 수축공/);
    expect(alert?.text.en).toMatch(/, falling over this mold’s last 1[0-5] shots\. Risk/);
    expect(alert?.shots?.from).toBeLessThan(1055);
  });

  test('compare a mold with itself, not with the other mold on the line', () => {
    const line = new Line();
    for (let i = 0; i < 45; i += 1) {
      line.shoot('ok', {}, '8412');
      line.shoot('ok', { biscuit: 10, dieTemperature: 40 }, '8722');
    }
    line.shoot('defect', { biscuit: 3, dieTemperature: 40 }, '8722');
    const [alert] = line.shoot('defect', { biscuit: 3, dieTemperature: 40 }, '8722');
    expect(alert).toMatchObject({ mold: '8722', cause: 'shrinkage' });
  });

  test('with values that fit no pattern do not name a defect', () => {
    const line = new Line();
    line.many(45);
    line.shoot('defect', { pressure: 20 });
    const [alert] = line.shoot('defect', { pressure: 20 });
    expect(alert).toMatchObject({ cause: 'defect-unknown' });
    expect(alert?.text.ko).toContain('유형 미상');
  });
});

describe('alerts on the watching itself', () => {
  test('tell a broken sensor once, and when it is well again', () => {
    const line = new Line();
    const broken: Reading = {
      value: null,
      quality: 'invalid',
      at: { monoMs: 0, wallMs: 0 },
      note: 'sentinel 1449',
    };
    const alerts = Array.from({ length: 6 }, () =>
      line.shoot('ok', {}, '8412', { readings: { dieTemperature: broken } }),
    ).flat();
    expect(alerts.map((alert) => [alert.state, alert.cause, alert.severity])).toEqual([
      ['raised', 'sensor-invalid', 'info'],
    ]);
    expect(alerts[0]?.text.ko).toContain('금형 온도 센서 이상(오류값 1449)');
    expect(line.shoot('ok').map((alert) => alert.state)).toEqual(['cleared']);
  });

  test('say that predictions stopped and that this is not a good sign', () => {
    const line = new Line();
    const alerts = line.many(5, 'unscored');
    expect(alerts.map((alert) => alert.cause)).toEqual(['prediction-stopped']);
    expect(alerts[0]?.text.ko).toContain('정상 아님');
    expect(line.many(1).map((alert) => alert.state)).toEqual(['cleared']);
  });

  test('set warm-up shots aside', () => {
    const line = new Line();
    const [alert] = line.shoot('unscored', {}, '8412', { suppressed: 'warm-up' });
    expect(alert?.text.ko).toBe('[주의] 3호기 정지 후 재가동. 첫 5샷은 예열타로 구분.');
  });

  test('tell a lost link once and when it is back', () => {
    const line = new Line();
    const at = { monoMs: 0, wallMs: 0 };
    expect(line.engine.link('lost', at).map((alert) => alert.cause)).toEqual(['bus-lost']);
    expect(line.engine.link('lost', at)).toEqual([]);
    expect(line.engine.link('back', at).map((alert) => alert.state)).toEqual(['cleared']);
  });

  test('long after a restart, good parts are not among those to sort out', () => {
    const before = new Line();
    before.many(40);
    const raised = [
      before.shoot('defect', { biscuit: -9 }),
      before.shoot('defect', { biscuit: -9 }),
    ];
    const [alert] = raised.flat().slice(-1);
    const after = new Line();
    after.shot = before.shot + 60;
    expect(alert && after.engine.adopt(alert)).toBe(true);
    const next = after.shoot('defect', { biscuit: -9 }).at(-1);
    expect(next?.shots).toEqual({ from: after.shot, to: after.shot });
  });

  test('the machine’s own stop is the highest severity, once, until it runs again', () => {
    const line = new Line();
    const at = { monoMs: 1, wallMs: 1 };
    const [raised] = line.engine.interlock('stopped', at);
    expect(raised).toMatchObject({ severity: 'stop', cause: 'interlock' });
    expect(raised?.text.ko).toContain('[정지] 3호기');
    expect(line.engine.interlock('stopped', at)).toEqual([]);
    expect(line.engine.interlock('runs', at)).toMatchObject([{ state: 'cleared' }]);
    expect(line.engine.interlock('runs', at)).toEqual([]);
  });
});

describe('an alert and the values that drove the model', () => {
  const at = { monoMs: 9_000, wallMs: 9_000 };
  const driver = (feature: string, value: number, share = 0.5): Driver => ({
    ...{ feature, value, share },
    ...{ normalLow: 24.5, normalHigh: 25.5 },
  });

  /** Two shots with a thin biscuit and low pressure, and what is asked then. */
  function alerted() {
    const line = new Line();
    line.many(45);
    const offsets = { biscuit: -7, pressure: -6 };
    expect(line.judged('defect', offsets).question).toBeNull();
    const { question, alerts } = line.judged('defect', offsets);
    if (question === null) throw new Error('nothing was asked');
    return { line, offsets, question, alert: alerts[0] };
  }

  test('it is told again, the same alert, with them beside the value that leads', () => {
    const { line, question, alert } = alerted();
    expect(question.alert).toBe(alert?.id);
    expect(question.normalOf('biscuit')?.median).toBeCloseTo(25, 0);
    const drivers = [driver('biscuit', 18), driver('pressure', 74)];
    const told = line.engine.explained(question, drivers, at);
    expect(told).toMatchObject({ id: alert?.id, state: 'updated', count: 1, drivers, at });
    expect(told?.text.ko).toMatch(
      /^\[경고\] 3호기 금형 8412 비스킷 두께 1[78]\.\d mm \(기준 .*번 선별\. 함께 달랐던 값: 주조 압력 7[34]\.\d MPa \(기준 79\.\d~80\.\d\)\.$/,
    );
    expect(told?.text.en).toMatch(
      /Sort out shots 1046 to 1047\. Also off: casting pressure 7[34]\.\d MPa \(normal 79\.\d to 80\.\d\)\.$/,
    );
  });

  test('it is asked about once, and anew when another cause takes over', () => {
    const { line, offsets, question } = alerted();
    line.engine.explained(question, [driver('biscuit', 18), driver('pressure', 74)], at);
    const next = line.judged('defect', offsets);
    expect(next.question).toBeNull();
    expect(next.alerts[0]?.drivers).toHaveLength(2);
    expect(next.alerts[0]?.text.ko).toContain('함께 달랐던 값: 주조 압력');
    const others = Array.from({ length: 4 }, () => line.judged('defect', { dieTemperature: -60 }));
    const anew = others.find(({ alerts }) => alerts.some(({ state }) => state === 'raised'));
    expect(anew?.alerts.at(-1)).toMatchObject({ cause: 'cold-shut' });
    expect(anew?.alerts.at(-1)).not.toHaveProperty('drivers');
    expect(anew?.question?.alert).toBe(anew?.alerts.at(-1)?.id);
  });

  test('a question that was not answered is put again at the next defect', () => {
    const { line, offsets } = alerted();
    expect(line.judged('defect', offsets).question).not.toBeNull();
  });

  test('nothing drove it: nothing is told, and it is not asked again', () => {
    const { line, offsets, question } = alerted();
    expect(line.engine.explained(question, [], at)).toBeNull();
    expect(line.judged('defect', offsets).question).toBeNull();
  });

  test('an answer that comes when the alert has ended tells nothing', () => {
    const { line, question } = alerted();
    expect(line.many(5).map(({ state }) => state)).toEqual(['cleared']);
    expect(line.engine.explained(question, [driver('biscuit', 18)], at)).toBeNull();
  });

  test('the strongest driver leads where the pattern’s own value drove nothing, if it fits the defect', () => {
    const fitting = alerted();
    const told = fitting.line.engine.explained(fitting.question, [driver('pressure', 74)], at);
    expect(told?.text.ko).toMatch(/금형 8412 주조 압력 7[34]\.\d MPa .*수축공 위험/);
    expect(told?.text.ko).not.toContain('비스킷');
    const other = alerted();
    const kept = other.line.engine.explained(other.question, [driver('dieTemperature', 190)], at);
    expect(kept?.text.ko).toMatch(/금형 8412 비스킷 두께 .*수축공 위험/);
  });
});

describe('alerts of a model that predicts a value', () => {
  const title = { ko: '중량', en: 'weight' };
  const about = { kind: 'value', low: 415, high: 425, unit: 'g', title, decimals: null } as const;
  const weight = (value: number): Partial<Verdict> => ({ estimate: { ...about, value } });

  test('say the value in plant units against its limits', () => {
    const line = new Line();
    line.many(45);
    line.shoot('defect', { biscuit: -7 }, '8412', {}, weight(411));
    const [alert] = line.shoot('defect', { biscuit: -7 }, '8412', {}, weight(412));
    expect(alert?.text.ko).toMatch(
      /^\[경고\] 3호기 금형 8412 예측 중량 412 g \(기준 420±5\)\. 비스킷 두께 1\d\.\d mm .* 수축공 위험\./,
    );
    expect(alert?.text.en).toMatch(
      /mold 8412: Predicted weight 412 g \(limits 420±5\)\. biscuit thickness/,
    );
  });

  test('do not clear on values that lie just inside', () => {
    const line = new Line();
    line.many(45);
    for (const value of [411, 412]) line.shoot('defect', {}, '8412', {}, weight(value));
    const states = (value: number): string[] =>
      Array.from({ length: 5 }, () => line.shoot('ok', {}, '8412', {}, weight(value)))
        .flat()
        .map(({ state }) => state);
    expect(states(415.5)).not.toContain('cleared');
    expect(states(420)).toContain('cleared');
  });
});
