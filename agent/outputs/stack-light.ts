/**
 * A stack light on coils. Colours as IEC 60073 has them, and never colour alone: what nobody has
 * acknowledged yet flashes. The heartbeat lives on finished turns of the loop and on no timer.
 */
import type { StackLightConfig } from '../../config/outputs-schema.ts';
import type { Severity } from '../records.ts';
import { CoilWriter } from './coil-writer.ts';
import type { Output, OutputFactory, PlantState } from './output.ts';

type Lamp = 'off' | 'steady' | 'flashing';

export interface Lamps {
  readonly red: Lamp;
  readonly yellow: Lamp;
  readonly green: Lamp;
  readonly blue: Lamp;
}

/** Half a period: 1.56 Hz, within the 1.4 to 2.8 Hz of IEC 60073 at the fewest writes. */
const FLASH_MS = 320;

/** What stands is shown also where no machine is watched; green only where each one is. */
export function lampsOf({ worst, calling, watching }: PlantState): Lamps {
  const lamp = (...severities: readonly Severity[]): Lamp => {
    if (calling !== null && severities.includes(calling)) return 'flashing';
    return worst !== null && severities.includes(worst) ? 'steady' : 'off';
  };
  const caution = lamp('caution');
  const fine = watching === 'all' && (worst === null || worst === 'info');
  return {
    red: lamp('stop', 'warning'),
    yellow: caution === 'off' && watching === 'some' ? 'steady' : caution,
    green: fine ? 'steady' : 'off',
    blue: worst === 'info' ? 'steady' : 'off',
  };
}

class StackLight implements Output {
  readonly #config: StackLightConfig;
  readonly #writer: CoilWriter;
  #lamps: Lamps = { red: 'off', yellow: 'off', green: 'off', blue: 'off' };
  #sounding = false;
  #flash: NodeJS.Timeout | null = null;
  #lit = true;
  #beat = false;
  /** Runs while the next turn of the heartbeat is not due; null: it is, once work was finished. */
  #untilBeat: NodeJS.Timeout | null = null;
  #shownSinceBeat = false;
  #closed = false;

  constructor(config: StackLightConfig, writer: CoilWriter) {
    this.#config = config;
    this.#writer = writer;
  }

  start(): void {
    this.#write();
  }

  show(state: PlantState): void {
    if (this.#closed) return;
    this.#lamps = lampsOf(state);
    this.#sounding = state.buzzer === 'sounding';
    this.#shownSinceBeat = true;
    this.#keepFlashing(Object.values(this.#lamps).includes('flashing'));
    this.#turnBeat();
    this.#write();
  }

  status() {
    return this.#writer.status();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#keepFlashing(false);
    if (this.#untilBeat !== null) clearTimeout(this.#untilBeat);
    return this.#writer.close();
  }

  #keepFlashing(wanted: boolean): void {
    if (wanted === (this.#flash !== null)) return;
    this.#lit = true;
    if (this.#flash !== null) clearInterval(this.#flash);
    this.#flash = null;
    if (!wanted) return;
    this.#flash = setInterval(() => {
      this.#lit = !this.#lit;
      this.#write();
    }, FLASH_MS);
  }

  #turnBeat(): void {
    if (this.#untilBeat !== null || !this.#shownSinceBeat) return;
    this.#shownSinceBeat = false;
    this.#beat = !this.#beat;
    this.#untilBeat = setTimeout(() => {
      this.#untilBeat = null;
      this.#turnBeat();
      this.#write();
    }, this.#config.heartbeatMs);
  }

  #write(): void {
    const { red, yellow, green, blue, buzzer, heartbeat } = this.#config.coils;
    const isLit = (lamp: Lamp): boolean => lamp === 'steady' || (lamp === 'flashing' && this.#lit);
    const states: readonly (readonly [number | undefined, boolean])[] = [
      [red, isLit(this.#lamps.red)],
      [yellow, isLit(this.#lamps.yellow)],
      [green, isLit(this.#lamps.green)],
      [blue, isLit(this.#lamps.blue)],
      [buzzer, this.#sounding],
      [heartbeat, this.#beat],
    ];
    const on = states.flatMap(([coil, is]) => (coil !== undefined && is ? [coil] : []));
    this.#writer.want(new Set(on));
  }
}

export const stackLight: OutputFactory<StackLightConfig> = {
  create: (name, config, bus, events) => {
    const { type, unit } = config;
    const coils = Object.values(config.coils).filter((coil) => coil !== undefined);
    return new StackLight(config, new CoilWriter({ name, type, bus, unit, coils }, events));
  },
};
