/** Records as the loop makes them. */
import type { Alert, Cycle, Instant, Label, RecordBody, Verdict } from '../../agent/records.ts';

export const at = (ms: number): Instant => ({ monoMs: ms, wallMs: 1_790_000_000_000 + ms });

export function makeCycle(index: number, more: Partial<Cycle> = {}): Cycle {
  const reading = { value: 25 + (index % 7), quality: 'good', at: at(index) } as const;
  return {
    machine: 'dc-03',
    profile: 'die-casting-cold-chamber',
    mold: 'A-12',
    shot: 1000 + index,
    index,
    observed: 'whole',
    at: at(index * 1000),
    readings: { biscuitThickness: reading },
    features: { biscuitThickness: reading },
    suppressed: null,
    times: { trigger: index, snapshot: index + 4 },
    ...more,
  };
}

export function makeVerdict(more: Partial<Verdict> = {}): Verdict {
  return {
    outcome: 'ok',
    reason: 'below-threshold',
    detail: null,
    judge: 'model',
    probability: 0.02,
    threshold: 0.5,
    model: { name: 'diecast-defect', version: '1.0.0', hash: 'ab'.repeat(32) },
    flags: [],
    breaches: [],
    times: { trigger: 1, snapshot: 2, verdict: 3 },
    ...more,
  };
}

export const cycleBody = (
  index: number,
  cycle: Partial<Cycle> = {},
  verdict: Partial<Verdict> = {},
): RecordBody => ({
  kind: 'cycle',
  cycle: makeCycle(index, cycle),
  verdict: makeVerdict(verdict),
});

export const alertBody = (id: string, more: Partial<Alert> = {}): RecordBody => ({
  kind: 'alert',
  alert: {
    id,
    state: 'raised',
    machine: 'dc-03',
    mold: 'A-12',
    severity: 'warning',
    cause: 'shrinkage',
    text: {
      ko: '3호기 비스킷 18.4 mm (기준 25±5). 수축공 위험. 급탕량·래들 확인.',
      en: 'dc-03 biscuit 18.4 mm (normal 25±5). Risk of shrinkage. Check the ladle.',
    },
    shots: { from: 1204, to: 1223 },
    count: 3,
    deviations: [
      { feature: 'biscuitThickness', value: 18.4, normalLow: 20, normalHigh: 30, z: -4.2 },
    ],
    at: at(5000),
    ...more,
  },
});

export const labelBody = (cycle: Label['cycle'], more: Partial<Label> = {}): RecordBody => ({
  kind: 'label',
  label: {
    machine: 'dc-03',
    mold: 'A-12',
    shot: null,
    cycle,
    part: '',
    result: 'ok',
    type: null,
    who: '김검사',
    from: 'cli',
    at: at(9000),
    ...more,
  },
});
