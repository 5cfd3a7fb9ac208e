import { createBus } from '../../drivers/registry.ts';
import { lineContract } from './line-contract.ts';
import { ContractDevice, contractDevice } from './line-harness.ts';

lineContract('serial-line-tcp', {
  instrument: () => contractDevice('tcp'),
  bus: (instrument, { timeoutMs, ...options }) => {
    const port = instrument instanceof ContractDevice ? instrument.device.port : 0;
    const config = { type: 'serial-line-tcp', host: '127.0.0.1', port, timeoutMs } as const;
    return createBus('dock', config, options);
  },
});
