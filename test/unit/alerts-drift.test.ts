/** What operators are told of values in doubt, and that one cause has one alert. */
import { describe, expect, test } from 'vitest';
import { AlertEngine } from '../../agent/alerts/engine.ts';
import type { Cycle, DriftFinding, Verdict } from '../../agent/records.ts';
import { loadProfile } from '../../config/profile-load.ts';

const profile = loadProfile('die-casting-cold-chamber');
let made = 0;
const engineOf = () =>
  new AlertEngine({
    ...{ machine: 'dc-03', machineName: '3호기', profile, training: new Map() },
    newId: () => {
      made += 1;
      return `id-${made}`;
    },
  });

const cycle = (shot: number): Cycle => ({
  ...{ machine: 'dc-03', profile: profile.id, mold: '8412', shot, index: shot, observed: 'whole' },
  ...{ at: { monoMs: shot, wallMs: shot }, readings: {}, features: {}, suppressed: null },
  times: { trigger: 0, snapshot: 0 },
});

const unscored: Verdict = {
  ...{ outcome: 'unscored', reason: 'try-shot', detail: null, judge: 'none', probability: null },
  ...{ threshold: null, model: null, flags: [], breaches: [] },
  times: { trigger: 0, snapshot: 0 },
};

const shifted: DriftFinding = {
  ...{ kind: 'decimal-shift', feature: 'highSpeed', mold: '8412', sinceShot: 1204 },
  ...{ from: 300, to: 30.1, modelInput: true },
};

describe('a value in doubt', () => {
  test('is told once, with since when, from what to what and what to do, and cleared when gone', () => {
    const engine = engineOf();
    const [alert, ...more] = engine.drift(cycle(1209), [shifted]);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      state: 'raised',
      severity: 'caution',
      cause: 'decimal-shift',
      mold: '8412',
      shots: null,
    });
    expect(alert?.text.ko).toBe(
      '[주의] 3호기 고속 구간 속도 자릿수 어긋남: 평소 300.0 cm/s → 1204번 샷부터 30.1 cm/s(약 1/10). 정비 후 변환기 배율·소수점·단위 설정 확인. 이 값을 쓰는 예측은 신뢰할 수 없음.',
    );
    expect(alert?.text.en).toContain('usually 300.0 cm/s, 30.1 cm/s since shot 1204 (about 1/10)');
    expect(engine.drift(cycle(1210), [{ ...shifted, to: 30.3 }])).toEqual([]);
    const [gone] = engine.drift(cycle(1230), []);
    expect(gone).toMatchObject({ id: alert?.id, state: 'cleared' });
  });

  test('of a value no model reads, only informs', () => {
    const [alert] = engineOf().drift(cycle(1), [
      { ...shifted, kind: 'frozen', modelInput: false, from: 300, to: 301.2 },
    ]);
    expect(alert).toMatchObject({ severity: 'info', cause: 'sensor-frozen' });
    expect(alert?.text.ko).toBe(
      '[안내] 3호기 고속 구간 속도 값 고정: 1204번 샷부터 301.2 cm/s에서 움직이지 않음. 센서·배선·변환기 확인.',
    );
  });

  test('that stands still has one alert, not one of the sensor beside it', () => {
    const engine = engineOf();
    const frozen = { value: null, quality: 'stale', note: 'frozen 30 cycles' } as const;
    const still = (shot: number): Cycle => ({
      ...cycle(shot),
      readings: { highSpeed: { ...frozen, at: { monoMs: shot, wallMs: shot } } },
    });
    const causes = (shots: readonly number[]) =>
      shots.flatMap((shot) => engine.observe(still(shot), unscored)).map(({ cause }) => cause);
    expect(causes([1, 2, 3])).toEqual(['sensor-invalid']);
    const finding: DriftFinding = { ...shifted, kind: 'frozen', to: 300 };
    const told = engine.drift(still(3), [finding]);
    expect(told.map(({ cause, state }) => [cause, state])).toEqual([
      ['sensor-frozen', 'raised'],
      ['sensor-invalid', 'cleared'],
    ]);
    expect(causes([4, 5, 6])).toEqual([]);
    expect(engine.drift(still(6), [finding])).toEqual([]);
    // Once that is over, what is wrong with the sensor is told as itself.
    engine.drift(still(7), []);
    expect(causes([8])).toEqual(['sensor-invalid']);
  });

  test('that stood before a restart keeps its alert until it is found again, or has had time to', () => {
    const [before] = engineOf().drift(cycle(1209), [shifted]);
    const engine = engineOf();
    if (before === undefined) throw new Error('no alert');
    expect(engine.adopt(before)).toBe(true);
    for (let shot = 1; shot < 60; shot += 1) expect(engine.drift(cycle(shot), [])).toEqual([]);
    expect(engine.drift(cycle(60), [])).toMatchObject([{ id: before.id, state: 'cleared' }]);
    const found = engineOf();
    found.adopt(before);
    expect(found.drift(cycle(1), [shifted])).toEqual([]);
    expect(found.drift(cycle(2), [])).toMatchObject([{ id: before.id, state: 'cleared' }]);
  });
});
