import { describe } from 'vitest';
import { createBus } from '../../drivers/registry.ts';
import { needs } from '../fixtures/programs.ts';
import { lineContract } from './line-contract.ts';
import { ContractDevice, contractDevice } from './line-harness.ts';

describe('on a pseudo terminal', () => {
  needs('socat');

  lineContract('serial-line', {
    instrument: () => contractDevice('pty'),
    bus: (instrument, { timeoutMs, ...options }) => {
      const path = instrument instanceof ContractDevice ? (instrument.bridge?.path ?? '') : '';
      const line = { baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 } as const;
      return createBus('scale', { type: 'serial-line', path, ...line, timeoutMs }, options);
    },
  });
});
