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
    const known = Object.keys(this.#profile.signals);
    const point = this.#profile.signals[decimalPoint];
    if (point === undefined)
      this.#value(
        here,
        `there is no signal "${decimalPoint}"`,
        suggest(decimalPoint, known, 'the signals are'),
      );
    else if (decimalPoint === this.#name || point.decimalPoint !== undefined)
      this.#value(here, `"${decimalPoint}" has a decimal point of its own`, 'a plain whole number');
    else if (point.type === 'text')
      this.#value(here, `"${decimalPoint}" is a text`, 'a register that holds 0 to 6');
    else if (point.poll !== 'slow' && point.poll !== poll)
      this.#value(
        here,
        `"${decimalPoint}" is read with poll: ${point.poll}, "${this.#name}" with poll: ${poll}`,
        'give both the same poll, best in one block, or the decimal point poll: slow',
      );
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
    return rules.problems;
  });
}
