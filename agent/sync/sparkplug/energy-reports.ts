/** The metrics of energy records; they belong to their machine's device. */
import type { EnergyPeriod, ShotEnergy } from '../../records.ts';
import type { DataType, MetricValue } from './payload.ts';

type Row = readonly [name: string, type: DataType, value: MetricValue];

export function shotEnergyRows(energy: ShotEnergy | null): Row[] {
  return [
    ['Energy/Shot/Number', 'Int64', energy?.shot ?? null],
    ['Energy/Shot/Index', 'Int64', energy?.index ?? null],
    ['Energy/Shot/kWh', 'Double', energy?.kWh ?? null],
    ['Energy/Shot/Error kWh', 'Double', energy?.errorKwh ?? null],
    ['Energy/Shot/kg', 'Double', energy?.kg ?? null],
    ['Energy/Shot/Start', 'String', energy?.start ?? null],
    ['Energy/Shot/Why', 'String', energy?.why ?? null],
  ];
}

const parts = ['production', 'idle', 'hold', 'off', 'unallocated'] as const;

export function periodRows(period: EnergyPeriod | null): Row[] {
  return [
    ['Energy/Period/Kind', 'String', period?.kind ?? null],
    ['Energy/Period/Duration ms', 'Double', period?.durationMs ?? null],
    ['Energy/Period/Demand kW', 'Double', period?.demandKw ?? null],
    ['Energy/Period/Shots', 'Int64', period?.shots ?? null],
    ...parts.flatMap((part): Row[] => [
      [`Energy/Period/${part} kWh`, 'Double', period?.kWh?.[part] ?? null],
      [`Energy/Period/${part} ms`, 'Double', period?.ms?.[part] ?? null],
    ]),
  ];
}
