/** The flags of `ppuri init`. Those of a machine come after its `--machine`; there may be several. */
import { InvalidArgumentError } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import type { BusConfig } from '../../config/schema.ts';
import { givenParameters, parseBusUrl } from '../survey/bus-url.ts';
import { type DraftReject, isName } from './init-draft.ts';

/** An address, and whether it names its serial settings. */
export interface FlagBus {
  readonly config: BusConfig;
  readonly given: ReadonlySet<string>;
}

export interface FlagDevice {
  readonly name: string;
  readonly profile: string;
  readonly unit: number;
  /** Null: the machine's. */
  readonly bus: FlagBus | null;
}

/** One machine as far as the flags tell. */
export interface FlagMachine {
  readonly id: string;
  readonly name: string | null;
  readonly profile: string | null;
  readonly bus: FlagBus | null;
  readonly unit: number | null;
  readonly model: string | null;
  readonly reject: DraftReject | null;
  readonly devices: readonly FlagDevice[];
}

export function nameFlag(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError('give lower-case letters, digits and hyphens, e.g. dc-03');
}

export function unitFlag(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new InvalidArgumentError('give a unit from 0 to 255');
}

export function panelFlag(text: string): string {
  if (text === 'none' || /^(?:\[[0-9a-fA-F:]+\]|[^:[\]\s]+):\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError('give none, or address:port such as 127.0.0.1:8787');
}

export function rejectFlag(text: string): DraftReject {
  const [, kind, number] = /^(coil|register):(\d{1,5})$/.exec(text) ?? [];
  const at = Number(number);
  if (kind === undefined || at > 65_535)
    throw new InvalidArgumentError('give coil:NUMBER or register:NUMBER, counted from 0');
  return kind === 'coil' ? { coil: at } : { register: at };
}

export function busFlag(text: string): FlagBus {
  try {
    return { config: parseBusUrl(text), given: givenParameters(text) };
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) throw thrown;
    throw new InvalidArgumentError(`${thrown.message} (${thrown.hint})`);
  }
}

/** `meter=eastron-sdm630@7`, or with an address of its own after another `@`. */
export function deviceFlag(text: string): FlagDevice {
  const [, name = '', profile = '', unit, address] =
    /^([^=]+)=([^@]+)(?:@(\d{1,3}))?(?:@(.+))?$/.exec(text) ?? [];
  if (!isName(name) || name === 'plc')
    throw new InvalidArgumentError('give NAME=PROFILE@UNIT, e.g. meter=eastron-sdm630@7');
  const bus = address === undefined ? null : busFlag(address);
  return { name, profile, unit: unitFlag(unit ?? '1'), bus };
}

/** What one machine is given once. */
type Once = 'name' | 'profile' | 'bus' | 'unit' | 'model' | 'reject';

/**
 * `--profile` and `--bus` before the first machine are those of all; after one they are its own, and
 * those of the machines that follow unless they have others. Nothing is given twice: whoever puts
 * flags before their machine would get them on the one before it.
 */
export class MachineFlags {
  readonly #machines: FlagMachine[] = [];
  readonly #forAll: { profile?: string; bus?: FlagBus } = {};
  /** Flags of the machine named last. */
  #own = new Set<Once>();

  get machines(): readonly FlagMachine[] {
    return this.#machines;
  }

  /** Whether any of these flags was given, which asks for no questions. */
  get given(): boolean {
    return this.#machines.length > 0 || Object.keys(this.#forAll).length > 0;
  }

  begin(id: string): void {
    const before = this.#machines.at(-1);
    const profile = before?.profile ?? this.#forAll.profile ?? null;
    const bus = before?.bus ?? this.#forAll.bus ?? null;
    const none = { name: null, unit: null, model: null, reject: null, devices: [] };
    if (this.#machines.some((machine) => machine.id === id))
      throw new InvalidArgumentError(`there is a machine "${id}" already`);
    this.#machines.push({ id: nameFlag(id), profile, bus, ...none });
    this.#own = new Set();
  }

  /** Of the machine named last, or of all before the first. */
  shared(part: { readonly profile: string } | { readonly bus: FlagBus }): void {
    const [key] = Object.keys(part);
    if (Object.hasOwn(this.#forAll, key ?? ''))
      throw new InvalidArgumentError('it is given for all machines already');
    if (this.#machines.length > 0) this.set(part);
    else Object.assign(this.#forAll, part);
  }

  /** Of the machine named last. */
  set(part: Partial<Pick<FlagMachine, Once>>): void {
    const { id } = this.#last();
    for (const key of Object.keys(part) as Once[]) {
      if (this.#own.has(key))
        throw new InvalidArgumentError(`${id} has it already; flags come after their --machine`);
      this.#own.add(key);
    }
    this.#put(part);
  }

  device(device: FlagDevice): void {
    const { devices } = this.#last();
    if (devices.some(({ name }) => name === device.name))
      throw new InvalidArgumentError(`there is a device "${device.name}" already`);
    this.#put({ devices: [...devices, device] });
  }

  #last(): FlagMachine {
    const last = this.#machines.at(-1);
    if (last !== undefined) return last;
    throw new InvalidArgumentError('it comes after the --machine that it is about');
  }

  #put(part: Partial<FlagMachine>): void {
    this.#machines.splice(-1, 1, { ...this.#last(), ...part });
  }
}
