/** Energy over Sparkplug: metrics of the machine's device, all of them born with it. */
import { expect, test } from 'vitest';
import type { RecordBody } from '../../agent/records.ts';
import { deviceReports, reportsOf } from '../../agent/sync/sparkplug/record-reports.ts';
import { storedRecord } from '../fixtures/stored-records.ts';

const at = { monoMs: 900_000, wallMs: Date.UTC(2026, 10, 27, 9, 15) };

const bodies: readonly RecordBody[] = [
  {
    kind: 'shot-energy',
    energy: {
      ...{ machine: 'dc-03', mold: '2102', shot: 311, index: 4, kWh: 0.587, errorKwh: 0.004 },
      ...{ start: 'shot-before', kg: 2.4, why: null, at },
    },
  },
  {
    kind: 'energy',
    period: {
      ...{ machine: 'dc-03', kind: 'whole', durationMs: 900_000, demandKw: 52, shots: 20 },
      kWh: { production: 12, idle: 0.5, hold: null, off: 0, unallocated: 0.5 },
      ms: { production: 800_000, idle: 80_000, hold: 0, off: 0, unallocated: 20_000 },
      ...{ molds: [], meters: [], at },
    },
  },
];

test.each(bodies.map((body) => [body.kind, body] as const))(
  'a record of %s reports metrics that the machine was born with',
  (_, body) => {
    const { owner, reports } = reportsOf(storedRecord(7, body));
    expect(owner).toBe('dc-03');
    const born = new Map(deviceReports([]).map(({ name, type }) => [name, type]));
    for (const { name, type } of reports) expect(born.get(name)).toBe(type);
    const values = new Map(reports.map(({ name, value }) => [name, value]));
    if (body.kind === 'shot-energy') expect(values.get('Energy/Shot/kWh')).toBe(0.587);
    else {
      expect(values.get('Energy/Period/Demand kW')).toBe(52);
      // What is not told apart is null, never 0.
      expect(values.get('Energy/Period/hold kWh')).toBeNull();
    }
  },
);
