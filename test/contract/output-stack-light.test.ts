import { coilRegisters } from '../../agent/outputs/coil-writer.ts';
import { createOutput } from '../../agent/outputs/registry.ts';
import { outputSchema, type StackLightConfig } from '../../config/outputs-schema.ts';
import { outputContract } from './output-contract.ts';
import { calm } from './output-rig.ts';

const heartbeatMs = 500;

function light(name: string, coils: StackLightConfig['coils']): void {
  const config = { type: 'stack-light', bus: 'press', unit: 9, coils, heartbeatMs } as const;
  const { red, yellow, green, blue, buzzer } = coils;
  const optional = (coil: number | undefined): number[] => (coil === undefined ? [] : [coil]);
  outputContract(name, {
    config,
    registers: coilRegisters(
      9,
      Object.values(coils).filter((coil) => coil !== undefined),
    ),
    create: (bus, events) => {
      const parsed = outputSchema.parse(config);
      if (parsed.type !== 'stack-light') throw new Error('no light');
      return createOutput('light', parsed, bus, events);
    },
    heartbeat: { coil: coils.heartbeat, heartbeatMs },
    shows: [
      {
        what: 'a warning nobody has acknowledged: red flashes',
        state: { ...calm, worst: 'warning', calling: 'warning', buzzer: 'sounding' },
        lit: optional(buzzer),
        flashing: [red],
      },
      {
        what: 'a stop nobody has acknowledged, buzzer silenced: red flashes',
        state: { ...calm, worst: 'stop', calling: 'stop', buzzer: 'silenced' },
        lit: [],
        flashing: [red],
      },
      {
        what: 'a warning that was acknowledged: red',
        state: { ...calm, worst: 'warning' },
        lit: [red],
      },
      {
        what: 'a warning acknowledged and a new caution: red, and yellow flashes',
        state: { ...calm, worst: 'warning', calling: 'caution' },
        lit: [red],
        flashing: [yellow],
      },
      {
        what: 'a caution nobody has acknowledged: yellow flashes',
        state: { ...calm, worst: 'caution', calling: 'caution' },
        lit: [],
        flashing: [yellow],
      },
      {
        what: 'a caution that was acknowledged: yellow',
        state: { ...calm, worst: 'caution' },
        lit: [yellow],
      },
      {
        what: 'a machine that is not judged: yellow, not green',
        state: { ...calm, watching: 'some' },
        lit: [yellow],
      },
      {
        what: 'a machine that is not judged beside a warning: red and yellow',
        state: { ...calm, worst: 'warning', watching: 'some' },
        lit: [red, yellow].sort((a, b) => a - b),
      },
      { what: 'every machine judged and nothing wrong: green', state: calm, lit: [green] },
      {
        what: 'something to know: green stays',
        state: { ...calm, worst: 'info' },
        lit: [green, ...optional(blue)].sort((a, b) => a - b),
      },
      { what: 'nothing is watched: dark', state: { ...calm, watching: 'none' }, lit: [] },
      {
        what: 'nothing is watched, and that is an alert: yellow flashes',
        state: { ...calm, worst: 'caution', calling: 'caution', watching: 'none' },
        lit: [],
        flashing: [yellow],
      },
    ],
  });
}

light('stack-light', { red: 10, yellow: 11, green: 12, blue: 14, buzzer: 15, heartbeat: 13 });
light('stack-light with coils apart', { red: 40, yellow: 21, green: 30, heartbeat: 22 });
