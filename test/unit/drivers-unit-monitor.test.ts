import { describe, expect, test } from 'vitest';
import { UnitMonitor } from '../../drivers/unit-monitor.ts';

const answers = (unit: UnitMonitor, roundTripMs: number, times: number): void => {
  for (let i = 0; i < times; i++) unit.answered(roundTripMs, 0, i);
};

describe('the time-out of a unit', () => {
  test('is the bus’s until enough replies are known', () => {
    const unit = new UnitMonitor(1, 0);
    answers(unit, 2, 31);
    expect(unit.timeoutMs(500)).toBe(500);
    answers(unit, 2, 1);
    expect(unit.timeoutMs(500)).toBe(100);
  });

  test('follows the slowest recent reply, and never exceeds the bus’s', () => {
    const unit = new UnitMonitor(1, 0);
    answers(unit, 5, 40);
    answers(unit, 30, 1);
    expect(unit.timeoutMs(500)).toBe(300);
    answers(unit, 80, 1);
    expect(unit.timeoutMs(500)).toBe(500);
    answers(unit, 5, 3000);
    expect(unit.timeoutMs(500)).toBe(100);
  });

  test('is the bus’s again after a silence, until the unit answers', () => {
    const unit = new UnitMonitor(1, 0);
    answers(unit, 2, 40);
    unit.timedOut(100, 0);
    expect(unit.timeoutMs(500)).toBe(500);
    answers(unit, 2, 1);
    expect(unit.timeoutMs(500)).toBe(100);
  });
});

function quietAfterSilences(unit: UnitMonitor, silences: number): number[] {
  return Array.from({ length: silences }, () => {
    unit.timedOut(100, 1000);
    return unit.quietUntilMs - 1000;
  });
}

describe('a silent unit', () => {
  test('that never answered is asked seldom from the first silence on', () => {
    expect(quietAfterSilences(new UnitMonitor(1, 0), 3)).toEqual([800, 1600, 1600]);
  });

  test('is asked again after 2, 4, 8, then always 16 time-outs', () => {
    const unit = new UnitMonitor(1, 0);
    unit.answered(2, 0, 0);
    expect(quietAfterSilences(unit, 7)).toEqual([0, 200, 400, 800, 1600, 1600, 1600]);
    unit.answered(2, 0, 5000);
    expect(unit.quietUntilMs).toBe(0);
  });

  test('counts checksum errors apart from other refused replies, and neither as silence', () => {
    const unit = new UnitMonitor(1, 0);
    unit.malformed(0, 'checksum');
    unit.malformed(0, 'shape');
    expect(unit.stats(500)).toMatchObject({ malformed: 2, checksumErrors: 1, timeouts: 0 });
    expect(unit.quietUntilMs).toBe(0);
  });
});
