/** Has outputs show the state of the plant, as long as work gets finished. */
import type { Config } from '../config/schema.ts';
import type { AgentStatus } from './agent-status.ts';
import type { DeskState } from './alerts/desk.ts';
import { WorkWatch } from './health/work-watch.ts';
import type { OutputStatus, PlantState } from './outputs/output.ts';
import type { OutputSet } from './outputs/output-set.ts';
import { workSample } from './work-sample.ts';

/** Lamps flash by this. */
const everyMs = 300;

export interface PlantShowParts {
  readonly config: Config;
  readonly outputs: OutputSet;
  readonly alerts: () => DeskState;
  readonly progress: () => Pick<AgentStatus, 'machines' | 'inference'>;
  /** Machines that answer and are judged, and all. */
  readonly watched: () => { readonly count: number; readonly of: number };
}

export class PlantShow {
  readonly #parts: PlantShowParts;
  readonly #finished = new WorkWatch();
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: PlantShowParts) {
    this.#parts = parts;
  }

  start(): void {
    // Where nothing shows it, the loop need not look.
    if (this.status().length === 0) return;
    this.#parts.outputs.start();
    this.#timer = setInterval(() => this.#show(), everyMs);
  }

  status(): readonly OutputStatus[] {
    return this.#parts.outputs.status();
  }

  /** Before the buses are closed. */
  close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    return this.#parts.outputs.close();
  }

  /**
   * Green is said only of machines that answer and are judged. Where polls or predictions are begun
   * and never end, nothing is shown: the heartbeat of a light stands still.
   */
  #show(): void {
    const { config, outputs, alerts, progress, watched } = this.#parts;
    const work = { ...workSample(progress(), config), storeOwesMs: null };
    if (this.#finished.look(work, performance.now()).length > 0) return;
    const { count, of } = watched();
    const watching: PlantState['watching'] = count === 0 ? 'none' : count < of ? 'some' : 'all';
    outputs.show({ ...alerts(), watching });
  }
}
