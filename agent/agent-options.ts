/** What an agent is made of. */
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import type { Bundle } from '../models/manifest.ts';
import type { ClockSource } from './health/clock.ts';
import type { Log } from './health/log.ts';
import type { MoldBundles } from './prepare.ts';
import type { Alert, Cycle, Verdict } from './records.ts';
import type { ForkRole } from './role.ts';
import type { BootInfo } from './store/protocol.ts';

export interface AgentOptions {
  readonly config: Config;
  /** By the reference as the configuration writes it. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Machine → the bundle its configuration names, verified. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** Machine → mold → the bundle for that mold. */
  readonly moldBundles?: MoldBundles;
  readonly fork: ForkRole;
  readonly log: Log;
  readonly boot: BootInfo;
  /** Default: this system's. */
  readonly clock?: ClockSource;
  /** `at-once`: a machine's shots are seen, if not scored, while models still load. */
  readonly watch?: 'at-once' | 'when-models-are-loaded';
  /** Simulated seconds per real second; 1 on real machines. */
  readonly timeScale?: number;
  readonly onVerdict?: (cycle: Cycle, verdict: Verdict) => void;
  readonly onAlert?: (alert: Alert) => void;
}
