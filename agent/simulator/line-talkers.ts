/** How simulated instruments of the shipped text profiles speak, value by value. */
import type { Profile } from '../../config/profile.ts';
import { checksumOf } from '../../drivers/serial-line/checksum.ts';
import { Random } from './random.ts';

/** One simulated instrument; `message` is without a line's own damage, with its delimiter. */
export interface LineTalker {
  /** Ms between messages it sends by itself; null: it only answers. */
  readonly everyMs: number | null;
  /** What it says by itself now. */
  message(): string;
  /** What it answers to what came, or null. */
  answer(request: string): string | null;
}

interface TalkerOptions {
  readonly profile: Profile;
  readonly unit: number;
  readonly random: Random;
}

const talkers: Readonly<Record<string, (options: TalkerOptions) => LineTalker>> = {
  'cas-scale': ({ random }) => new CasScale(random),
  'and-scale': ({ random }) => new AndScale(random),
  'hanyoung-nx-pclink': (options) => new PcLink(options),
  'hanyoung-nx-pclink-sum': (options) => new PcLink(options),
  'barcode-scanner': ({ random }) => new Scanner(random),
};

/** Ids of the profiles that there is a simulated instrument for. */
export const talkingProfiles: readonly string[] = Object.keys(talkers);

/** null when there is no simulated instrument for this profile. */
export function talkerOf(profile: Profile, unit: number, seed: number): LineTalker | null {
  const make = Object.hasOwn(talkers, profile.id) ? talkers[profile.id] : undefined;
  return make?.({ profile, unit, random: new Random(seed, `line ${profile.id} ${unit}`) }) ?? null;
}

/** A part is put on, comes to rest, and is taken off: a few messages each. */
class Pan {
  readonly #random: Random;
  #step = 0;
  #part: number;

  constructor(random: Random) {
    this.#random = random;
    this.#part = random.normal(12.4, 0.08);
  }

  /** Weight in kg, and whether it stands still. */
  next(): { readonly kg: number; readonly stable: boolean } {
    this.#step = (this.#step + 1) % 40;
    if (this.#step === 0) this.#part = this.#random.normal(12.4, 0.08);
    if (this.#step < 10) return { kg: 0, stable: true };
    if (this.#step < 13) return { kg: this.#part * this.#random.between(0.2, 1.1), stable: false };
    return { kg: this.#part, stable: true };
  }
}

class CasScale implements LineTalker {
  readonly everyMs = 100;
  readonly #pan: Pan;

  constructor(random: Random) {
    this.#pan = new Pan(random);
  }

  message(): string {
    const { kg, stable } = this.#pan.next();
    const lamp = String.fromCharCode(stable ? 0xc4 : 0x84);
    return `${stable ? 'ST' : 'US'},GS,1${lamp},${kg.toFixed(3).padStart(8)} kg\r\n`;
  }

  answer(): null {
    return null;
  }
}

class AndScale implements LineTalker {
  readonly everyMs = null;
  readonly #pan: Pan;

  constructor(random: Random) {
    this.#pan = new Pan(random);
  }

  message(): string {
    const { kg, stable } = this.#pan.next();
    return `${stable ? 'ST' : 'US'},+${(kg * 1000).toFixed(2).padStart(8, '0')}  g\r\n`;
  }

  answer(request: string): string | null {
    return ['Q\r\n', 'S\r\n', 'SI\r\n'].includes(request) ? this.message() : '?\r\n';
  }
}

class PcLink implements LineTalker {
  readonly everyMs = null;
  readonly #unit: string;
  readonly #sum: (text: string) => string;
  readonly #random: Random;
  #processValue = 1850;

  constructor({ profile, unit, random }: TalkerOptions) {
    const kind = profile.line?.checksum ?? 'none';
    this.#unit = String(unit).padStart(2, '0');
    this.#sum = (text) => checksumOf(kind, text);
    this.#random = random;
  }

  message(): string {
    return '';
  }

  answer(request: string): string | null {
    const text = request.replaceAll(/^\W|\r\n$/g, '');
    if (!text.startsWith(this.#unit)) return null;
    const body = text.slice(0, text.length - this.#sum('').length);
    if (text !== body + this.#sum(body)) return this.#reply('NG11');
    const [, count, register] = /^..DRS,(\d\d),(\d{4})$/.exec(body) ?? [];
    if (count === undefined) return this.#reply('NG01');
    if (register !== '0000' || count !== '01') return this.#reply('NG02');
    this.#processValue += this.#random.whole(-3, 3);
    const word = (this.#processValue & 0xffff).toString(16).toUpperCase().padStart(4, '0');
    return this.#reply(`DRS,OK,${word}`);
  }

  #reply(text: string): string {
    const body = this.#unit + text;
    return `\x02${body}${this.#sum(body)}\r\n`;
  }
}

class Scanner implements LineTalker {
  readonly everyMs = 20_000;
  readonly #random: Random;
  #lot = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  message(): string {
    if (this.#random.chance(0.02)) return 'NOREAD\r';
    this.#lot += 1;
    return `LOT-${this.#random.whole(100, 999)}-${String(this.#lot).padStart(4, '0')}\r`;
  }

  answer(): null {
    return null;
  }
}
