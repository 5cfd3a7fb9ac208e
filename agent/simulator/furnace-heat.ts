/**
 * The heat balance of an aluminium furnace, in steps of some seconds. The bath has one enthalpy: while
 * part of it is solid it stays at the melting point, as a stirred bath does.
 */

/** Of aluminium, about what handbooks give: kJ/(kg·K), kJ/kg. To 740 °C that is 0.32 kWh/kg. */
export const aluminium = {
  meltingC: 660,
  solidKJPerKgK: 1.03,
  latentKJPerKg: 397,
  liquidKJPerKgK: 1.08,
} as const;

const kJPerKWh = 3600;
const stefanBoltzmann = 5.67e-8;
const roomC = 20;

/** kJ/kg above 20 °C, fully liquid above the melting point. */
export function enthalpyOf(celsius: number): number {
  const { meltingC, solidKJPerKgK, latentKJPerKg, liquidKJPerKgK } = aluminium;
  if (celsius < meltingC) return (celsius - roomC) * solidKJPerKgK;
  const melted = (meltingC - roomC) * solidKJPerKgK + latentKJPerKg;
  return melted + (celsius - meltingC) * liquidKJPerKgK;
}

function celsiusOf(kJPerKg: number): number {
  const { meltingC, solidKJPerKgK, latentKJPerKg, liquidKJPerKgK } = aluminium;
  const solid = (meltingC - roomC) * solidKJPerKgK;
  if (kJPerKg <= solid) return roomC + kJPerKg / solidKJPerKgK;
  return meltingC + Math.max(0, kJPerKg - solid - latentKJPerKg) / liquidKJPerKgK;
}

export interface FurnaceBuild {
  readonly maxKW: number;
  /** Through the walls, kW for each K above the room. */
  readonly wallKWPerK: number;
  /** What an open lid shows of the bath: area times emissivity, m². */
  readonly openM2: number;
  readonly setC: number;
}

export class FurnaceHeat {
  readonly #build: FurnaceBuild;
  #kg: number;
  #kJ: number;

  constructor(build: FurnaceBuild, kg: number) {
    this.#build = build;
    this.#kg = kg;
    this.#kJ = kg * enthalpyOf(build.setC);
  }

  get kg(): number {
    return this.#kg;
  }

  get celsius(): number {
    return celsiusOf(this.#kJ / this.#kg);
  }

  charge(kg: number, celsius: number): void {
    this.#kg += kg;
    this.#kJ += kg * enthalpyOf(celsius);
  }

  pour(kg: number): void {
    this.#kJ *= 1 - kg / this.#kg;
    this.#kg -= kg;
  }

  /** What it loses now, kW. */
  lossKW(lid: 'open' | 'closed', ambientC: number): number {
    const { wallKWPerK, openM2 } = this.#build;
    const kelvin = (celsius: number): number => celsius + 273.15;
    const radiated = stefanBoltzmann * (kelvin(this.celsius) ** 4 - kelvin(ambientC) ** 4);
    const open = lid === 'open' ? (openM2 * radiated) / 1000 : 0;
    return wallKWPerK * (this.celsius - ambientC) + open;
  }

  /** One step under its controller, which heats with all it has below the set point. Returns kW. */
  step(seconds: number, lid: 'open' | 'closed', ambientC: number): number {
    const { maxKW, setC } = this.#build;
    const loss = this.lossKW(lid, ambientC);
    const missingKJ = this.#kg * enthalpyOf(setC) - this.#kJ;
    const wanted = loss + missingKJ / seconds;
    const kW = Math.min(maxKW, Math.max(0, wanted));
    this.#kJ += (kW - loss) * seconds;
    return kW;
  }
}

export const kWhOf = (kW: number, seconds: number): number => (kW * seconds) / kJPerKWh;
