/** What a scan found, as lines to paste into ppuri.yaml. */
import type { BusConfig } from '../../config/schema.ts';
import type { SerialTry } from './open.ts';

export interface DeviceLine {
  readonly unit: number;
  /** A guess, or null. */
  readonly profile: string | null;
  readonly remark: string;
}

/** The bus with the settings that were found, where it is a serial one. */
export function withSettings(bus: BusConfig, found: SerialTry | null): BusConfig {
  return found === null || !('parity' in bus) ? bus : { ...bus, ...found };
}

/** `buses:` and a device for each unit; names are proposals. */
export function yamlLines(name: string, bus: BusConfig, devices: readonly DeviceLine[]): string[] {
  const settings = Object.entries(bus)
    .filter(([key, value]) => value !== undefined && !isDefault(key, value))
    .map(([key, value]) => `${key}: ${scalar(value)}`);
  const units = devices.map(({ unit, profile, remark }) => {
    const own = profile === null ? '' : `, profile: ${profile}`;
    const said = remark === '' ? '' : `  # ${remark}`;
    return `  unit-${unit}: { bus: ${name}, unit: ${unit}${own} }${said}`;
  });
  return [
    'buses:',
    `  ${name}: { ${settings.join(', ')} }`,
    ...(units.length === 0 ? [] : ['devices:', ...units]),
  ];
}

const isDefault = (key: string, value: unknown): boolean =>
  (key === 'timeoutMs' && value === 500) || (key === 'echo' && value === 'none');

/** JSON's quotes where YAML would read something else. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z/][\w./-]*$/.test(value) || /^\d+(\.\d+){3}$/.test(value)
    ? value
    : JSON.stringify(value);
}
