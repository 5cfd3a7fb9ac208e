/** What happens to the machines of a benchmark. */
import type { Scenario } from '../simulator/scenario.ts';

/** One trouble after the other, so that many shots are rejected; no stops, no mold changes. */
export const troubled: Partial<Scenario> = {
  firstEpisodeShots: [1, 3],
  episodeGapShots: [1, 3],
  stopGapShots: null,
  moldChangeGapShots: null,
  garbageRate: 0.002,
  freezeRate: 0,
};
