/** A buzzer on a coil of its own. */
import type { BuzzerConfig } from '../../config/outputs-schema.ts';
import { CoilWriter } from './coil-writer.ts';
import type { OutputFactory } from './output.ts';

export const buzzer: OutputFactory<BuzzerConfig> = {
  create: (name, { type, unit, coil }, bus, events) => {
    const writer = new CoilWriter({ name, type, bus, unit, coils: [coil] }, events);
    const [on, off] = [new Set([coil]), new Set<number>()];
    return {
      // One that was killed while it sounded is silent as soon as the next run begins.
      start: () => writer.want(off),
      show: (state) => writer.want(state.buzzer === 'sounding' ? on : off),
      status: () => writer.status(),
      close: () => writer.close(),
    };
  },
};
