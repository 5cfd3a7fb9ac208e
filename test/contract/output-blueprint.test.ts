import { callLamp } from '../../agent/outputs/_blueprint/call-lamp.ts';
import { coilRegisters } from '../../agent/outputs/coil-writer.ts';
import { outputContract } from './output-contract.ts';
import { calm } from './output-rig.ts';

const config = { type: 'call-lamp', bus: 'press', unit: 2, coil: 5 } as const;

outputContract('blueprint', {
  config,
  registers: coilRegisters(2, [5]),
  create: (bus, events) => callLamp.create('lamp', config, bus, events),
  shows: [
    { what: 'is lit while something calls', state: { ...calm, calling: 'warning' }, lit: [5] },
    { what: 'is dark when nothing does', state: { ...calm, worst: 'warning' }, lit: [] },
  ],
});
