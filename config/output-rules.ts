/** What outputs must keep: a bus that can be written, and coils that nobody else has. */
import { parseAddress } from './address.ts';
import { isLine, unitProblem } from './bus-rules.ts';
import { type Checked, deviceProfile, isPlaced, rejectTarget } from './clashes.ts';
import { suggest } from './nearest.ts';
import type { NamedCoil } from './outputs-schema.ts';
import { isWhole, type OutputPart } from './parts.ts';
import type { Problem } from './problem.ts';
import type { BusConfig } from './schema.ts';
import type { Path } from './source.ts';

function busOfOutput({ source, parts }: Checked, { name, bus }: OutputPart): Problem[] {
  if (bus === null) return [];
  const path = ['outputs', name, 'bus'];
  const names = [...parts.buses.keys()];
  if (!names.includes(bus))
    return [source.atValue(path, `there is no bus "${bus}"`, suggest(bus, names, 'the buses are'))];
  const config = parts.buses.get(bus) ?? null;
  if (config === null || !isLine(config)) return [];
  const hint = 'give it a modbus-tcp, modbus-rtu or modbus-rtu-tcp bus';
  return [source.atValue(path, `"${bus}" carries text and cannot be written`, hint)];
}

function unitOfOutput(checked: Checked, { name, bus, unit }: OutputPart): Problem[] {
  const config: BusConfig | null = checked.parts.buses.get(bus ?? '') ?? null;
  if (config === null || unit === null) return [];
  return unitProblem(checked, { path: ['outputs', name], unit }, config);
}

/** Coils that machines reject with, `bus unit coil 3` → `machines[0]`. */
function rejectCoils({ parts }: Checked): Map<string, string> {
  const owners = new Map<string, string>();
  for (const part of parts.machines) {
    const { reject, devices } = part.machine;
    const device = devices[reject?.device ?? ''];
    if (reject === undefined || device === undefined) continue;
    if (!isWhole(part, 'reject') || !isPlaced(part, reject.device)) continue;
    const key = `${device.bus} ${device.unit} ${rejectTarget(reject)}`;
    if (!owners.has(key)) owners.set(key, `machines[${part.index}]`);
  }
  return owners;
}

/** Coils that a device's profile reads, `bus unit coil 3` → the signal. */
function readCoils({ parts, profileOf }: Checked): Map<string, string> {
  const read = new Map<string, string>();
  for (const part of parts.machines)
    for (const [name, device] of Object.entries(part.machine.devices)) {
      if (!isPlaced(part, name)) continue;
      const signals = profileOf(deviceProfile(part.machine, device))?.signals ?? {};
      for (const [signal, { at }] of Object.entries(signals)) {
        const address = parseAddress(at);
        if (address?.table === 'coil')
          read.set(`${device.bus} ${device.unit} coil ${address.address}`, signal);
      }
    }
  return read;
}

interface Owner {
  readonly output: string;
  readonly lamp: string;
}

interface Claims {
  readonly rejects: ReadonlyMap<string, string>;
  readonly read: ReadonlyMap<string, string>;
  readonly outputs: Map<string, Owner>;
}

const freeCoil = 'every lamp, buzzer and reject signal needs a coil of its own';

/** Why `output` must not have this coil, with what to do; null: now it is its. */
function refusal(claims: Claims, key: string, output: string, coil: NamedCoil): string[] | null {
  const lamp = coil.path.at(-1) ?? '';
  const { address } = coil;
  const owner = claims.outputs.get(key);
  if (owner?.output === output) return [`coil ${address} is already ${owner.lamp}`, freeCoil];
  if (owner !== undefined)
    return [`output "${owner.output}" already writes coil ${address} of this unit`, freeCoil];
  const machine = claims.rejects.get(key);
  if (machine !== undefined)
    return [`${machine} already rejects with coil ${address} of this unit`, freeCoil];
  const signal = claims.read.get(key);
  if (signal !== undefined)
    return [
      `coil ${address} is read as "${signal}" and must not be written`,
      'ask who programs the PLC for a free coil',
    ];
  claims.outputs.set(key, { output, lamp });
  return null;
}

function coilProblems(checked: Checked): Problem[] {
  const { source, parts } = checked;
  const outputs = new Map<string, Owner>();
  const claims = { rejects: rejectCoils(checked), read: readCoils(checked), outputs };
  return parts.outputs.flatMap(({ name, bus, unit, coils }) => {
    // Where it is placed is not known: only its own coils can be compared.
    const place = bus === null || unit === null ? name : `${bus} ${unit}`;
    return coils.flatMap((coil) => {
      const [message, hint] = refusal(claims, `${place} coil ${coil.address}`, name, coil) ?? [];
      const path: Path = ['outputs', name, ...coil.path];
      return message === undefined ? [] : [source.atValue(path, message, hint)];
    });
  });
}

/** Every problem of outputs with their bus, their unit and their coils. */
export function outputProblems(checked: Checked): Problem[] {
  const { outputs } = checked.parts;
  return [
    ...outputs.flatMap((output) => busOfOutput(checked, output)),
    ...outputs.flatMap((output) => unitOfOutput(checked, output)),
    ...coilProblems(checked),
  ];
}
