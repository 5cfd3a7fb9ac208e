/** What one signal of a profile must keep beyond its schema. */
import { canBe, parseAddress, wordsOf } from './address.ts';
import { suggest } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { Profile, SignalSpec } from './profile.ts';
import type { Path, Source } from './source.ts';

/** What only a number can have. */
const ofNumbers = [
  'scale',
  'offset',
  'decimalPoint',
  'coding',
  'unit',
  'decimals',
  'range',
  'missing',
  'invalid',
  'frozenAfterCycles',
] as const;

/** Why a text cannot stand where a number is needed. */
export const textHint = 'a text is kept with the cycle; it can be the mold, and nothing else';

class SignalRules {
  readonly problems: Problem[] = [];
  readonly #profile: Profile;
  readonly #source: Source;
  readonly #name: string;
  readonly #signal: SignalSpec;
  readonly #path: Path;

  constructor(profile: Profile, source: Source, name: string, signal: SignalSpec) {
    this.#profile = profile;
    this.#source = source;
    this.#name = name;
    this.#signal = signal;
    this.#path = ['signals', name];
  }

  #value(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atValue([...this.#path, ...path], message, hint));
  }

  #key(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atKey([...this.#path, ...path], message, hint));
  }

  register(): void {
    const { at, type, length } = this.#signal;
    const address = parseAddress(at);
    if (address === null) return;
    const isBit = address.bit !== null || address.table === 'coil' || address.table === 'discrete';
    if (isBit && type !== 'bit')
      this.#value(['type'], `"${at}" is one bit, not ${type}`, 'type: bit');
    if (!isBit && type === 'bit')
      this.#value(['at'], `"${at}" is a whole register`, `name the bit: ${at}.0`);
    if (address.bit !== null && address.table !== 'holding' && address.table !== 'input')
      this.#value(['at'], `a ${address.table} has no bits`, `write ${at.split('.')[0]}`);
    if (address.address + wordsOf(type, length) > 65536)
      this.#value(['at'], 'lies beyond the last address, 65535', 'addresses start at 0');
    if (type !== 'bit' && wordsOf(type, length) > this.#profile.modbus.maxReadWords)
      this.#value(['type'], `${type} does not fit into modbus.maxReadWords`);
  }

  number(): void {
    const { range, scale, type } = this.#signal;
    const [low, high] = range ?? [0, 1];
    if (low >= high) this.#value(['range'], `${low} to ${high} holds no value`, '[low, high]');
    if (scale === 0) this.#value(['scale'], 'would make every value 0');
    if (type !== 'text' && this.#signal.length !== undefined)
      this.#key(['length'], `has no meaning for type: ${type}`, 'type: text');
    this.#sentinels();
    this.#decimalPoint();
  }

  /** Whether the condition names a signal that can be known when this one is, and can be met. */
  condition(): void {
    const { requires, poll } = this.#signal;
    if (requires === undefined || 'group' in requires || this.#profile.line !== undefined) return;
    const { signal, equals, notEquals } = requires;
    if ((equals === undefined) === (notEquals === undefined))
      this.#key(
        ['requires'],
        equals === undefined ? 'has no condition' : 'has two conditions',
        'exactly one of equals and notEquals',
      );
    this.#leansOn(['requires', 'signal'], signal, 'condition', 'a number or a bit');
    if (poll === 'trigger')
      this.#key(['requires'], 'a trigger is compared as it is in the register', 'leave it out');
    const other = this.#profile.signals[signal];
    if (other === undefined) return;
    for (const test of ['equals', 'notEquals'] as const)
      this.#canHave(['requires', test], signal, other, requires[test]);
    if (equals !== undefined && [...other.missing, ...other.invalid].includes(equals))
      this.#value(['requires', 'equals'], `${equals} of "${signal}" means that it has no value`);
  }

  #canHave(here: Path, name: string, other: SignalSpec, value: number | undefined): void {
    const plain = other.scale === 1 && other.offset === 0 && other.coding === 'plain';
    if (value === undefined || !plain || other.type === 'text' || canBe(other.type, value)) return;
    this.#value(here, `"${name}" of type ${other.type} is never ${value}`);
  }

  /** A signal that this one has no value without: it must stand on its own, and be read in time. */
  #leansOn(here: Path, name: string, role: 'decimal point' | 'condition', kind: string): void {
    const known = Object.keys(this.#profile.signals);
    const other = this.#profile.signals[name];
    if (other === undefined)
      this.#value(
        here,
        `there is no signal "${name}"`,
        suggest(name, known, 'the signals are', 'all under signals in the profile'),
      );
    else if (name === this.#name && role === 'condition')
      this.#value(here, `"${name}" cannot vouch for itself`, 'name another signal');
    else if (name === this.#name || other.decimalPoint !== undefined)
      this.#value(here, `"${name}" has a decimal point of its own`, 'a plain whole number');
    else if (other.requires !== undefined)
      this.#value(here, `"${name}" has a condition of its own`, 'name a signal without requires');
    else if (other.type === 'text') this.#value(here, `"${name}" is a text`, kind);
    else if (other.poll !== 'slow' && other.poll !== this.#signal.poll)
      this.#value(
        here,
        `"${name}" is read with poll: ${other.poll}, "${this.#name}" with poll: ${this.#signal.poll}`,
        `give both the same poll, best in one block, or the ${role} poll: slow`,
      );
  }

  text(): void {
    const { at, length } = this.#signal;
    if (length === undefined && parseAddress(at) !== null)
      this.#value(
        ['type'],
        'a text needs its length',
        'add length: … (characters, two a register)',
      );
    for (const key of ofNumbers)
      if (this.#source.has([...this.#path, key]))
        this.#key([key], 'has no meaning for a text', 'leave it out, or give the type of a number');
  }

  #sentinels(): void {
    const { type, at } = this.#signal;
    if (parseAddress(at) === null) return;
    for (const list of ['missing', 'invalid'] as const)
      for (const [index, raw] of this.#signal[list].entries()) {
        if (canBe(type, raw)) continue;
        const hint =
          raw < 0 && type === 'uint16' && raw >= -0x8000
            ? `${raw} arrives as ${raw + 0x1_0000}, or use type: int16`
            : 'sentinels are compared before scale and offset';
        this.#value([list, index], `the register of type ${type} is never ${raw}`, hint);
      }
  }

  #decimalPoint(): void {
    const { decimalPoint, type, poll } = this.#signal;
    if (decimalPoint === undefined) return;
    const here = ['decimalPoint'];
    this.#leansOn(here, decimalPoint, 'decimal point', 'a register that holds 0 to 6');
    if (poll === 'trigger')
      this.#key(here, 'a trigger is compared as it is in the register', 'leave it out');
    if (type === 'float32' || type === 'float64' || type === 'bit')
      this.#key(here, `has no meaning for type: ${type}`, 'it is for whole numbers');
  }
}

/** Every inner contradiction of the signals of `profile`. */
export function signalProblems(profile: Profile, source: Source): Problem[] {
  return Object.entries(profile.signals).flatMap(([name, signal]) => {
    const rules = new SignalRules(profile, source, name, signal);
    rules.register();
    if (signal.type === 'text') rules.text();
    else rules.number();
    rules.condition();
    return rules.problems;
  });
}
