/** What happens to a simulated machine apart from its physics: episodes, stops, garbage, counter. */

export interface Scenario {
  /** Shot at which the first cause of defects sets in (earliest, latest); null: never any. */
  readonly firstEpisodeShots: readonly [number, number] | null;
  /** Quiet shots between two episodes. */
  readonly episodeGapShots: readonly [number, number];
  /** Shots between two stops of a few minutes; null: never any. */
  readonly stopGapShots: readonly [number, number] | null;
  /** Shots between two mold or product changes; null: never any. */
  readonly moldChangeGapShots: readonly [number, number] | null;
  /** Chance per shot that one sensor gives a sentinel. */
  readonly garbageRate: number;
  /** Chance per shot that one sensor freezes for some dozens of shots. */
  readonly freezeRate: number;
  /** Counter before the first shot; null: chosen by the seed. */
  readonly counterStart: number | null;
  /** The counter starts again at 1 after so many shots (shift change); null: only wraps. */
  readonly counterResetShots: number | null;
}

const standard: Scenario = {
  firstEpisodeShots: [7, 10],
  episodeGapShots: [140, 300],
  stopGapShots: [70, 160],
  moldChangeGapShots: [350, 600],
  garbageRate: 0.004,
  freezeRate: 0.001,
  counterStart: null,
  counterResetShots: null,
};

const quiet: Scenario = {
  ...standard,
  firstEpisodeShots: null,
  stopGapShots: null,
  moldChangeGapShots: null,
  garbageRate: 0,
  freezeRate: 0,
};

export const scenarios = {
  /** A day on the floor: episodes, stops, mold changes, sensor garbage. */
  default: standard,
  /** Steady production and nothing else. */
  steady: quiet,
  /** One trouble after the other. */
  troubled: { ...standard, episodeGapShots: [20, 40], garbageRate: 0.02, freezeRate: 0.005 },
  /** The counter wraps soon and is reset at every shift. */
  counter: { ...standard, counterStart: 65_500, counterResetShots: 200 },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios);

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}

/** The scenario of that name, or the default one with some things changed. */
export function scenarioOf(given: ScenarioName | Partial<Scenario> = 'default'): Scenario {
  return typeof given === 'string' ? scenarios[given] : { ...standard, ...given };
}
