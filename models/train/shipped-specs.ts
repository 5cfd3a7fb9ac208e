/** What the shipped models are: their machines, features and how each one's absence is taken. */

export interface ShippedSpec {
  readonly name: string;
  readonly profile: string;
  readonly version: string;
  /** Feature → its unit, and `nan` where other sensors tell nearly the same. */
  readonly features: Readonly<Record<string, readonly [unit: string, missing: 'nan' | 'refuse']>>;
}

export const shippedSpecs: readonly ShippedSpec[] = [
  {
    name: 'diecast-defect',
    profile: 'die-casting-cold-chamber',
    version: '1.0.0',
    features: {
      meltTemperature: ['°C', 'refuse'],
      lowSpeed: ['cm/s', 'nan'],
      highSpeed: ['cm/s', 'nan'],
      castPressure: ['bar', 'refuse'],
      biscuitThickness: ['mm', 'refuse'],
      clampForce: ['tf', 'refuse'],
      sleeveTemperature: ['°C', 'nan'],
      upperDieTemperature1: ['°C', 'nan'],
      upperDieTemperature2: ['°C', 'nan'],
      upperDieTemperature3: ['°C', 'nan'],
      lowerDieTemperature1: ['°C', 'nan'],
      lowerDieTemperature2: ['°C', 'nan'],
      lowerDieTemperature3: ['°C', 'nan'],
      coolantTemperature: ['°C', 'nan'],
      emsTime: ['s', 'nan'],
      vacuum: ['mbar', 'refuse'],
      accumulatorPressure: ['bar', 'nan'],
      intensificationTime: ['ms', 'nan'],
      fillTime: ['ms', 'nan'],
      sprayTime: ['s', 'refuse'],
      tieBarImbalance: ['%', 'nan'],
    },
  },
  {
    name: 'injection-defect',
    profile: 'injection-molding',
    version: '1.0.0',
    features: {
      injectionTime: ['s', 'nan'],
      plasticizingTime: ['s', 'nan'],
      coolingTime: ['s', 'nan'],
      maxInjectionPressure: ['MPa', 'nan'],
      switchPressure: ['MPa', 'nan'],
      switchPosition: ['mm', 'refuse'],
      holdPressure: ['MPa', 'refuse'],
      holdTime: ['s', 'nan'],
      cushion: ['mm', 'refuse'],
      clampForce: ['tf', 'nan'],
      nozzleTemperature: ['°C', 'nan'],
      barrelTemperature1: ['°C', 'nan'],
      barrelTemperature2: ['°C', 'nan'],
      barrelTemperature3: ['°C', 'nan'],
      moldTemperature1: ['°C', 'nan'],
      moldTemperature2: ['°C', 'nan'],
      dewPoint: ['°C', 'refuse'],
      dryerTemperature: ['°C', 'nan'],
    },
  },
];
