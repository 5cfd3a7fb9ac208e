import { createBus } from '../../drivers/registry.ts';
import { type DeviceRequest, exception, honest, ModbusDevice } from '../fixtures/modbus-device.ts';
import { busContract } from './bus-contract.ts';
import { ModbusContractDevice, modbusWordAt } from './modbus-harness.ts';

class TcpDevice extends ModbusContractDevice<DeviceRequest> {
  readonly device = new ModbusDevice((request, socket) =>
    this.script(request, (bytes) => socket.write(bytes)),
  );
}

busContract('modbus-tcp', {
  device: async () => {
    const contract = new TcpDevice({ honest, exception });
    contract.carrier = contract.device;
    await contract.start();
    return contract;
  },
  bus: (device, { timeoutMs, ...options }) => {
    const port = device instanceof TcpDevice ? device.device.port : 0;
    return createBus('press', { type: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs }, options);
  },
  wordAt: modbusWordAt,
});
