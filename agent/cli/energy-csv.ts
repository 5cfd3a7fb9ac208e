/** Energy as CSV: sums, quarter hours, shots. */
import type { EnergyPeriod, ShotEnergy } from '../records.ts';
import type { EnergyPage, EnergyReport } from '../store/energy-queries.ts';
import { cellText, csvLine } from './table.ts';

type RowOf<T> = EnergyPage<T>['rows'][number];

const parts = ['production', 'idle', 'hold', 'off', 'unallocated'] as const;
const iso = (wallMs: number | null): string | null =>
  wallMs === null ? null : new Date(wallMs).toISOString();

const titles = [
  ...['machine', 'shiftFrom', 'totalKwh', ...parts.map((part) => `${part}Kwh`)],
  ...parts.map((part) => `${part}Hours`),
  ...['peakKw', 'peakAt', 'periods', 'complete', 'shots', 'measured', 'good', 'unknown'],
  ...['kWhPerShot', 'kWhPerGood', 'kWhPerKg', 'idleShare'],
];

export function energyCsv({ rows }: EnergyReport): string[] {
  return [
    titles.join(','),
    ...rows.map((row) =>
      csvLine([
        ...[row.machine, iso(row.shiftFromWallMs), row.kWh?.total ?? null],
        ...parts.map((part) => row.kWh?.[part] ?? null),
        ...parts.map((part) => row.hours[part]),
        ...[row.peakKw, iso(row.peakWallMs), row.periods, row.complete],
        ...[row.shots, row.measured, row.good, row.unknown],
        ...[row.kWhPerShot, row.kWhPerGood, row.kWhPerKg, row.idleShare],
      ]),
    ),
  ];
}

export const periodTitles = [
  ...['machine', 'end', 'kind', 'seconds', ...parts.map((part) => `${part}Kwh`)],
  ...parts.map((part) => `${part}Seconds`),
  ...['demandKw', 'shots', 'measured', 'meter', 'segment', 'fromKwh', 'toKwh', 'boot', 'seq'],
].join(',');

/** Of several meters within one quarter hour the last is shown. */
export function periodLine(row: RowOf<EnergyPeriod>): string {
  const meter = row.meters.at(-1);
  const seconds = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : ms / 1000;
  return csvLine([
    ...[row.machine, iso(row.wallMs), row.kind, seconds(row.durationMs)],
    ...parts.map((part) => row.kWh?.[part] ?? null),
    ...parts.map((part) => seconds(row.ms?.[part])),
    ...[row.demandKw, row.shots, row.molds.reduce((sum, { measured }) => sum + measured, 0)],
    ...[cellText(meter?.signal ?? null), meter?.segment ?? null, meter?.fromKwh ?? null],
    ...[meter?.toKwh ?? null, row.boot, row.seq],
  ]);
}

export const shotTitles = [
  ...['machine', 'at', 'mold', 'shot', 'kWh', 'errorKwh', 'kg', 'start', 'why', 'index', 'boot'],
  'seq',
].join(',');

export function shotLine(row: RowOf<ShotEnergy>): string {
  return csvLine([
    ...[row.machine, iso(row.wallMs), cellText(row.mold), row.shot, row.kWh, row.errorKwh],
    ...[row.kg, row.start, row.why, row.index, row.boot, row.seq],
  ]);
}
