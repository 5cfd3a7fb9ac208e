import { coilRegisters } from '../../agent/outputs/coil-writer.ts';
import { createOutput } from '../../agent/outputs/registry.ts';
import { outputContract } from './output-contract.ts';
import { calm } from './output-rig.ts';

const config = { type: 'buzzer', bus: 'press', unit: 3, coil: 7 } as const;

outputContract('buzzer', {
  config,
  registers: coilRegisters(3, [7]),
  create: (bus, events) => createOutput('horn', config, bus, events),
  shows: [
    { what: 'sounds while it is to', state: { ...calm, buzzer: 'sounding' }, lit: [7] },
    {
      what: 'is silent once silenced, whatever calls',
      state: { ...calm, worst: 'stop', calling: 'stop', buzzer: 'silenced' },
      lit: [],
    },
    { what: 'is silent when nothing calls', state: calm, lit: [] },
  ],
});
