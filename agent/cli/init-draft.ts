/** What `ppuri init` is about to write: answers or flags, the same either way. */
import { hostname } from 'node:os';
import { PpuriError } from '../../config/errors.ts';
import type { BusConfig } from '../../config/schema.ts';
import { endpointOf } from '../../drivers/registry.ts';
import { busUrl } from '../survey/bus-url.ts';
import type { Language } from './words.ts';

/** A meter, controller or instrument beside the machine. */
export interface DraftDevice {
  readonly name: string;
  readonly profile: string;
  readonly bus: BusConfig;
  readonly unit: number;
}

export type DraftReject = { readonly coil: number } | { readonly register: number };

export interface DraftMachine {
  readonly id: string;
  /** What operators call it; null: the id. */
  readonly name: string | null;
  readonly profile: string;
  readonly bus: BusConfig;
  readonly unit: number;
  /** Null: rule limits only. */
  readonly model: string | null;
  readonly reject: DraftReject | null;
  readonly devices: readonly DraftDevice[];
}

export interface Draft {
  readonly gateway: string;
  readonly site: string;
  readonly lang: Language;
  /** `address:port`; null: no panel. */
  readonly panel: string | null;
  readonly store: string;
  readonly machines: readonly DraftMachine[];
}

export const standard = {
  file: 'ppuri.yaml',
  site: 'site',
  panel: '127.0.0.1:8787',
  store: '/var/lib/ppuri',
} as const;

const namePattern = /^[a-z][a-z0-9-]*$/;
export const isName = (text: string): boolean => namePattern.test(text);

/** `gw-` and the name of this computer, as far as it makes a name. */
export function gatewayName(host = hostname()): string {
  const own = host
    .split('.', 1)
    .join('')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (own === '' || own === 'localhost') return 'gw-1';
  return own.startsWith('gw-') ? own : `gw-${own}`;
}

const kinds: Readonly<Record<BusConfig['type'], string>> = {
  'modbus-tcp': 'ethernet',
  'modbus-rtu': 'serial',
  'modbus-rtu-tcp': 'converter',
  'serial-line': 'instrument',
  'serial-line-tcp': 'instrument-tcp',
};

/**
 * A name for each port or endpoint, in the order of the machines. Throws `usage` where two addresses
 * give one port different settings.
 */
export function namedBuses(machines: readonly DraftMachine[]): Map<string, BusConfig> {
  const names = new Map<string, string>();
  const buses = new Map<string, BusConfig>();
  for (const bus of machines
    .flatMap((machine) => [machine, ...machine.devices])
    .map((d) => d.bus)) {
    const endpoint = endpointOf(bus);
    const known = buses.get(names.get(endpoint) ?? '');
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(bus))
      throw new PpuriError('usage', 'one port is given with different settings', {
        operation: 'write a configuration',
        subject: `${busUrl(known)} and ${busUrl(bus)}`,
        hint: 'write the address the same way each time',
      });
    if (known !== undefined) continue;
    const kind = kinds[bus.type];
    const count = [...buses.values()].filter(({ type }) => type === bus.type).length;
    names.set(endpoint, `${kind}-${count + 1}`);
    buses.set(`${kind}-${count + 1}`, bus);
  }
  return buses;
}
