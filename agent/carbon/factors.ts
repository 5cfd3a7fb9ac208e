/**
 * Emission factors, each with its year, its source and the day from which it is in force. A record is
 * given the one that is in force when it is made and keeps it: a factor announced later changes no
 * record of before.
 */
import type { EmissionFactor, FuelName } from '../records.ts';

export type Carrier = EmissionFactor['of'];

/** 100-year warming of a kg, IPCC AR5 (2014), table 8.A.1: what Korea's inventory uses since 2024. */
const warming = { ch4: 28, n2o: 265 } as const;

interface FuelBasis {
  readonly unit: EmissionFactor['unit'];
  /** MJ, net, of one unit. */
  readonly netMJ: number;
  /** kg of one TJ, net. */
  readonly perTJ: { readonly co2: number; readonly ch4: number; readonly n2o: number };
  readonly heat: string;
}

const calorific = '에너지법 시행규칙 별표 에너지열량 환산기준(2022-11-21)';
const combustion = 'IPCC 2006 Vol. 2 tables 2.3 and 1.4 (CO₂, CH₄, N₂O), GWP AR5';

/** Net calorific values of the Korean rule; what burning a TJ gives off, by default of the IPCC. */
export const fuelBasis: Readonly<Record<FuelName, FuelBasis>> = {
  lng: {
    unit: 'Nm³',
    netMJ: 38.5,
    perTJ: { co2: 56_100, ch4: 1, n2o: 0.1 },
    heat: `도시가스(LNG) 38.5 MJ/Nm³ net, ${calorific}`,
  },
  lpg: {
    unit: 'kg',
    netMJ: 46.2,
    perTJ: { co2: 63_100, ch4: 1, n2o: 0.1 },
    heat: `프로판 46.2 MJ/kg net, ${calorific}`,
  },
  diesel: {
    unit: 'L',
    netMJ: 35.2,
    perTJ: { co2: 74_100, ch4: 3, n2o: 0.6 },
    heat: `경유 35.2 MJ/L net, ${calorific}`,
  },
};

/** kg CO₂e of one unit of a fuel: net heat × Σ(gas × its warming). */
export function fuelFactor(fuel: FuelName): EmissionFactor {
  const { unit, netMJ, perTJ, heat } = fuelBasis[fuel];
  const perTJCo2e = perTJ.co2 + warming.ch4 * perTJ.ch4 + warming.n2o * perTJ.n2o;
  return {
    ...{ of: fuel, unit, year: 2006, from: '2022-11-21' },
    kgPerUnit: (netMJ * perTJCo2e) / 1e6,
    source: `${combustion}; ${heat}`,
  };
}

/** Electricity as it is consumed in Korea, location-based; later ones displace earlier ones. */
export const electricityFactors: readonly EmissionFactor[] = [
  {
    ...{ of: 'electricity', unit: 'kWh', kgPerUnit: 0.4541, year: 2022, from: '2025-03-01' },
    source: '온실가스종합정보센터(GIR), 전력 소비단 2020~2022 평균 0.4541 tCO₂eq/MWh',
  },
  {
    ...{ of: 'electricity', unit: 'kWh', kgPerUnit: 0.4173, year: 2023, from: '2025-12-18' },
    source: '기후에너지환경부·GIR, 2023년 전력 소비단 0.4173 tCO₂eq/MWh(2025-12-18 공표)',
  },
];

const shipped: readonly EmissionFactor[] = [
  ...electricityFactors,
  ...(['lng', 'lpg', 'diesel'] as const).map(fuelFactor),
];

/** A factor of the site's own, of which the unit is not said: each carrier has one. */
export function withUnit(factor: Omit<EmissionFactor, 'unit'>): EmissionFactor {
  const { of } = factor;
  return { ...factor, unit: of === 'electricity' ? 'kWh' : fuelBasis[of].unit };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local day of a moment, `2026-10-01`. */
export function dayOf(wallMs: number): string {
  const at = new Date(wallMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export class FactorTable {
  readonly #factors: readonly EmissionFactor[];

  /** `own`: those of the site, which go before shipped ones from their day on. */
  constructor(own: readonly EmissionFactor[] = []) {
    this.#factors = [...shipped, ...own];
  }

  /** In force at that moment; null: none is yet. Of two of one day the site's own. */
  at(of: Carrier, wallMs: number): EmissionFactor | null {
    const day = dayOf(wallMs);
    let found: EmissionFactor | null = null;
    for (const factor of this.#factors)
      if (factor.of === of && factor.from <= day && factor.from >= (found?.from ?? ''))
        found = factor;
    return found;
  }
}
