/**
 * What an open lid costs in this very furnace: its losses in holding with the lid open and closed, by
 * the heat balance heating − stored. Nothing is assumed of areas or emissivities.
 */
import type { FurnaceSample } from './sample.ts';

/** Liquid aluminium, kJ/(kg·K): 1.08 in handbooks (Mills, Thermophysical Properties, 2002: 1.06–1.18). */
const liquidKJPerKgK = 1.08;
/** A bath's temperature moves by tenths: shorter stretches would weigh their rounding. */
const stretchMs = 300_000;
/** Before these much was measured of each, no difference is told. */
const leastMs = { open: 600_000, closed: 1_800_000 } as const;

type Lid = 'open' | 'closed';

export class LidLoss {
  readonly #sums: Record<Lid, { ms: number; kWh: number }> = {
    open: { ms: 0, kWh: 0 },
    closed: { ms: 0, kWh: 0 },
  };
  #start: FurnaceSample | null = null;
  #kWh = 0;

  /** A look in holding, with the energy since the look before; null: anything else broke it off. */
  take(sample: FurnaceSample | null, kWh: number | null): void {
    const start = this.#start;
    if (sample === null || sample.lid === null || kWh === null || start?.lid !== sample.lid) {
      this.#begin(sample);
      return;
    }
    this.#kWh += kWh;
    const ms = sample.atMs - start.atMs;
    if (ms < stretchMs) return;
    this.#add(start, sample, ms);
    this.#begin(sample);
  }

  /** kW that an open lid costs more; null: too little was measured, or nothing shows. */
  get extraKW(): number | null {
    const { open, closed } = this.#sums;
    if (open.ms < leastMs.open || closed.ms < leastMs.closed) return null;
    const [openKW, closedKW] = [meanKW(open), meanKW(closed)];
    return openKW > closedKW ? openKW - closedKW : null;
  }

  /** Mean losses, kW; null: never measured. */
  get losses(): Readonly<Record<Lid, number | null>> {
    const { open, closed } = this.#sums;
    const kW = (sum: { ms: number; kWh: number }) => (sum.ms === 0 ? null : meanKW(sum));
    return { open: kW(open), closed: kW(closed) };
  }

  #begin(sample: FurnaceSample | null): void {
    this.#start = sample;
    this.#kWh = 0;
  }

  #add(start: FurnaceSample, end: FurnaceSample, ms: number): void {
    const { lid } = end;
    // Without its weight and temperature what the bath stores is not known: no balance.
    if (lid === null || start.bathC === null || end.bathC === null || end.bathKg === null) return;
    const storedKWh = (end.bathKg * liquidKJPerKgK * (end.bathC - start.bathC)) / 3600;
    this.#sums[lid].ms += ms;
    this.#sums[lid].kWh += this.#kWh - storedKWh;
  }
}

const meanKW = ({ ms, kWh }: { ms: number; kWh: number }): number => (kWh * 3_600_000) / ms;
