/** Units as machines, profiles and models write them: one spelling each, and how they convert. */

export interface Unit {
  /** As ppuri writes it. */
  readonly symbol: string;
  /** Units of one dimension convert into each other. */
  readonly dimension: string;
  /** Value in the dimension's base unit = value × factor + offset. */
  readonly factor: number;
  readonly offset: number;
}

/** Dimension → symbol, factor to the base unit, and other spellings. */
const table: Readonly<Record<string, readonly (readonly [string, number, ...string[]])[]>> = {
  pressure: [
    ['Pa', 1],
    ['kPa', 1e3],
    ['MPa', 1e6, '메가파스칼'],
    ['mbar', 100, 'hPa'],
    ['bar', 1e5, '바'],
    ['kgf/cm²', 98066.5, 'kgf/cm2', 'kg/cm2', 'kg/cm²', 'kgf/㎠', 'kg/㎠'],
    ['psi', 6894.757],
  ],
  length: [
    ['µm', 1e-6, 'um', '㎛', 'μm', 'micron'],
    ['mm', 1e-3, '㎜', '밀리'],
    ['cm', 1e-2, '㎝'],
    ['m', 1],
    ['in', 0.0254, 'inch'],
  ],
  time: [
    ['ms', 1e-3, 'msec', '밀리초'],
    ['s', 1, 'sec', 'second', 'seconds', '초'],
    ['min', 60, 'minute', 'minutes', '분'],
    ['h', 3600, 'hr', 'hour', 'hours', '시간'],
  ],
  speed: [
    ['mm/s', 1e-3, 'mm/sec', '㎜/s'],
    ['cm/s', 1e-2, 'cm/sec', '㎝/s'],
    ['m/s', 1, 'm/sec'],
    ['m/min', 1 / 60],
  ],
  rotation: [['rpm', 1, 'r/min', 'min-1', 'min⁻¹', '회전']],
  force: [
    ['N', 1],
    ['kN', 1e3],
    ['kgf', 9.80665],
    ['tf', 9806.65, 'ton', 'tonf', '톤'],
  ],
  mass: [
    ['g', 1e-3, 'gram', '그램'],
    ['kg', 1, '㎏'],
  ],
  power: [
    ['W', 1],
    ['kW', 1e3, '㎾'],
  ],
  energy: [
    ['Wh', 3600],
    ['kWh', 3.6e6, '㎾h'],
    ['MWh', 3.6e9],
    ['J', 1],
    ['kJ', 1e3],
    ['MJ', 1e6],
  ],
  reactivePower: [
    ['VAr', 1],
    ['kVAr', 1e3],
  ],
  apparentPower: [
    ['VA', 1],
    ['kVA', 1e3],
  ],
  current: [
    ['mA', 1e-3],
    ['A', 1, 'amp'],
  ],
  voltage: [
    ['mV', 1e-3],
    ['V', 1, 'volt'],
    ['kV', 1e3],
  ],
  frequency: [
    ['Hz', 1],
    ['kHz', 1e3],
  ],
  ratio: [['%', 1, 'percent', '퍼센트', 'pct']],
  volume: [
    ['cm³', 1e-6, 'cm3', 'cc', '㎤', 'ml'],
    ['L', 1e-3, 'l', 'liter', 'litre', 'ℓ', '리터'],
    ['m³', 1, 'm3', '㎥'],
  ],
  flow: [
    ['L/min', 1, 'lpm', 'l/min', 'ℓ/min'],
    ['m³/h', 1000 / 60, 'm3/h'],
  ],
  torque: [['N·m', 1, 'nm', 'n.m', 'n*m', 'n-m']],
  heatingRate: [
    ['°C/s', 1, 'c/s', 'degc/s'],
    ['°C/min', 1 / 60, 'c/min', 'degc/min'],
  ],
};

const temperatures: readonly (readonly [string, number, number, ...string[]])[] = [
  ['°C', 1, 0, 'c', 'degc', 'celsius', '도', '섭씨', 'ºc', '˚c'],
  ['K', 1, -273.15, 'kelvin', '°k', 'degk'],
  ['°F', 5 / 9, -160 / 9, 'f', 'degf', 'fahrenheit', 'ºf', '˚f'],
];

const all: readonly (readonly [Unit, readonly string[]])[] = [
  ...Object.entries(table).flatMap(([dimension, units]) =>
    units.map(
      ([symbol, factor, ...other]) => [{ symbol, dimension, factor, offset: 0 }, other] as const,
    ),
  ),
  ...temperatures.map(
    ([symbol, factor, offset, ...other]) =>
      [{ symbol, dimension: 'temperature', factor, offset }, other] as const,
  ),
];

function plain(text: string): string {
  return text.normalize('NFKC').replace(/[\s_[\]()]/g, '');
}

const exact = new Map(
  all.flatMap(([unit, other]) => [unit.symbol, ...other].map((text) => [plain(text), unit])),
);
/** Only where no two units differ by their case alone. */
const folded = foldCase();

function foldCase(): ReadonlyMap<string, Unit> {
  const found = new Map<string, Unit>();
  const unclear = new Set<string>();
  for (const [text, unit] of exact) {
    // "mJ" is a thousandth, not a million; nobody measures a machine in thousandths of a pascal.
    if (text.startsWith('M') && unit.symbol !== 'MPa') continue;
    const key = text.toLowerCase();
    const before = found.get(key);
    if (before !== undefined && before !== unit) unclear.add(key);
    found.set(key, unit);
  }
  for (const key of unclear) found.delete(key);
  return found;
}

/** Null for one that is not known. */
export function unitOf(text: string): Unit | null {
  const key = plain(text);
  return exact.get(key) ?? folded.get(key.toLowerCase()) ?? null;
}

/** All units that `unit` converts into. */
export function siblingsOf({ dimension, symbol }: Unit): Unit[] {
  return all
    .map(([unit]) => unit)
    .filter((one) => one.dimension === dimension && one.symbol !== symbol);
}

export function convert(value: number, from: Unit, to: Unit): number {
  return (value * from.factor + from.offset - to.offset) / to.factor;
}

/** How one becomes the other, in words: `1 MPa = 10 bar`, `°C = K − 273.15`. */
export function conversion(from: Unit, to: Unit): string {
  const shown = (value: number): string => String(Number(value.toPrecision(7)));
  if (from.dimension !== 'temperature') {
    const factor = convert(1, from, to);
    return factor >= 1
      ? `1 ${from.symbol} = ${shown(factor)} ${to.symbol}`
      : `1 ${to.symbol} = ${shown(1 / factor)} ${from.symbol}`;
  }
  const slope = convert(1, from, to) - convert(0, from, to);
  const shift = convert(0, from, to);
  const scaled = Math.abs(slope - 1) < 1e-9 ? from.symbol : `${shown(slope)} × ${from.symbol}`;
  const sign = shift < 0 ? '−' : '+';
  return `${to.symbol} = ${scaled} ${sign} ${shown(Math.abs(shift))}`;
}
