import { describe } from 'vitest';
import { createBus } from '../../drivers/registry.ts';
import { needs } from '../fixtures/programs.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';
import { honestRtu, RtuDevice, type RtuRequest, rtuException } from '../fixtures/rtu-device.ts';
import { busContract } from './bus-contract.ts';
import { ModbusContractDevice, modbusWordAt } from './modbus-harness.ts';

class Converter extends ModbusContractDevice<RtuRequest> {
  readonly device = new RtuDevice(this.script);
  readonly bridge = new PtyBridge(() => this.device.port);
}

async function converter(): Promise<Converter> {
  const contract = new Converter({ honest: honestRtu, exception: rtuException });
  contract.carrier = contract.device;
  await contract.start();
  return contract;
}

busContract('modbus-rtu-tcp', {
  device: converter,
  bus: (device, { timeoutMs, ...options }) => {
    const port = device instanceof Converter ? device.device.port : 0;
    const where = { host: '127.0.0.1', port, echo: 'none' } as const;
    return createBus('cabinet', { type: 'modbus-rtu-tcp', ...where, timeoutMs }, options);
  },
  wordAt: modbusWordAt,
});

describe('on a pseudo terminal', () => {
  needs('socat');

  busContract('modbus-rtu', {
    device: async () => {
      const contract = await converter();
      const { device, bridge } = contract;
      contract.carrier = {
        get connections() {
          return device.connections;
        },
        start: async () => {
          await device.start();
          await bridge.plug();
        },
        stop: async () => {
          await bridge.unplug();
          await device.stop();
        },
      };
      await bridge.plug();
      return contract;
    },
    bus: (device, { timeoutMs, ...options }) => {
      const path = device instanceof Converter ? device.bridge.path : '';
      const line = { baudRate: 115_200, parity: 'none', stopBits: 1, echo: 'none' } as const;
      return createBus('cabinet', { type: 'modbus-rtu', path, ...line, timeoutMs }, options);
    },
    wordAt: modbusWordAt,
  });
});
