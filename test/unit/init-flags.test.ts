import { describe, expect, test } from 'vitest';
import { gatewayName } from '../../agent/cli/init-draft.ts';
import { busFlag, deviceFlag, MachineFlags, rejectFlag } from '../../agent/cli/init-flags.ts';

const near = busFlag('tcp://10.0.0.1');
const far = busFlag('tcp://10.0.0.2');

describe('flags of several machines', () => {
  test('bus and profile are those of the machine before, until given anew', () => {
    const flags = new MachineFlags();
    flags.begin('a');
    flags.shared({ bus: near });
    flags.shared({ profile: 'ls-xgb' });
    flags.set({ unit: 3, model: 'mine' });
    flags.begin('b');
    flags.begin('c');
    flags.shared({ bus: far });
    const seen = flags.machines.map(({ bus, profile, unit, model }) => [bus, profile, unit, model]);
    expect(seen).toEqual([
      [near, 'ls-xgb', 3, 'mine'],
      [near, 'ls-xgb', null, null],
      [far, 'ls-xgb', null, null],
    ]);
  });

  test('a flag before its machine never ends up on the one before it', () => {
    const flags = new MachineFlags();
    flags.shared({ bus: near });
    flags.begin('a');
    expect(() => flags.shared({ bus: far })).toThrow('for all machines already');
    flags.set({ unit: 1 });
    expect(() => flags.set({ unit: 2 })).toThrow('a has it already');
    expect(flags.machines).toMatchObject([{ bus: near, unit: 1 }]);
    expect(() => flags.begin('a')).toThrow('"a" already');
    expect(() => new MachineFlags().set({ unit: 1 })).toThrow('after the --machine');
  });
});

test('a device has a profile, a unit and perhaps an address', () => {
  const plain = { name: 'meter', profile: 'eastron-sdm630' };
  expect(deviceFlag('meter=eastron-sdm630')).toEqual({ ...plain, unit: 1, bus: null });
  expect(deviceFlag('meter=eastron-sdm630@7@tcp://10.0.0.2')).toEqual({
    ...plain,
    unit: 7,
    bus: far,
  });
  expect(deviceFlag('s=./my/scale.yaml@9')).toMatchObject({ profile: './my/scale.yaml', unit: 9 });
  for (const wrong of ['meter', '=x', 'plc=x', 'A=x', 'm=x@256', 'm=x@1@nowhere'])
    expect(() => deviceFlag(wrong), wrong).toThrow();
});

test('a reject signal is a coil or a register', () => {
  expect([rejectFlag('coil:0'), rejectFlag('register:65535')]).toEqual([
    { coil: 0 },
    { register: 65_535 },
  ]);
  for (const wrong of ['0', 'coil', 'coil:65536', 'coil:-1', 'input:3', 'coil:0x1'])
    expect(() => rejectFlag(wrong), wrong).toThrow();
});

test('the gateway is named after its computer, as far as that makes a name', () => {
  const hosts = ['Press3.plant.local', 'gw-7', 'localhost', '게이트', 'RPI_4--x', ''];
  expect(hosts.map(gatewayName)).toEqual([
    'gw-press3',
    'gw-7',
    'gw-1',
    'gw-1',
    'gw-rpi-4-x',
    'gw-1',
  ]);
});
