/** `ppuri read`: registers read once, or again and again, under every type and word order. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { isBitTable } from '../../drivers/decode.ts';
import type { BlockReading, Bus } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { exceptionOf } from '../survey/evidence.ts';
import { interpret, readTypes, wordOrders } from '../survey/interpret.ts';
import { answersBeside, plausibleBeside } from '../survey/shifted.ts';
import { duration, positiveNumber, wholeNumber } from './arguments.ts';
import { type BusChoice, busHelp, chooseBus, languageOf, withBuses } from './bus-argument.ts';
import { interrupted } from './interrupt.ts';
import { action, failureLines, type Output } from './output.ts';
import {
  addressNotes,
  bitLines,
  hexWord,
  meaningLines,
  meaningText,
  type Note,
  shiftNote,
  wordLines,
} from './read-lines.ts';
import { type ReadFlags, usage, valuesOf, type Wanted, wantedOf } from './read-wanted.ts';

const help = `${busHelp}

ADDRESS is 0-based, as it is sent; hexadecimal with 0x. A manual's number (40001, 30001, 10001,
00001) is understood for its own table and said so. Without --type the words are shown under every
type and word order; * marks what looks like a value. --count counts values of --type, else registers.

--json prints one object for each reading: {"bus","unit","table","address","count","words":[…]|null,
"at","roundTripMs","values":[{"at","type","order","value","fault","plausible"}],
"notes":[{"id","text":{"ko","en"}}],"error":{"code","message"}|null}.

Examples:
  ppuri read tcp://192.168.0.10 --unit 1 --holding 0 --count 10
  ppuri read 'rtu:///dev/ttyUSB0?baud=9600' --unit 7 --input 52 --type float32
  ppuri read cabinet -c ppuri.yaml --unit 3 --holding 40001
  ppuri read press -c ppuri.yaml --holding 12 --type int16 --every 1s --share`;

class Reader {
  readonly #bus: Bus;
  readonly #choice: BusChoice;
  readonly #flags: ReadFlags;
  readonly #wanted: Wanted;
  readonly #output: Output;
  #shown = false;

  constructor(bus: Bus, choice: BusChoice, flags: ReadFlags, output: Output) {
    this.#bus = bus;
    this.#choice = choice;
    this.#flags = flags;
    this.#wanted = wantedOf(flags);
    this.#output = output;
  }

  /** Reads and prints once; an exception is said with what its neighbours answer. */
  async once(): Promise<void> {
    const { table, meant } = this.#wanted;
    try {
      const reading = await this.#readSome();
      const notes = [...addressNotes(meant, table), ...(await this.#doubts(reading.words))];
      this.#show(reading, notes);
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      await this.#failed(error);
    }
  }

  async #read(address: number, count: number): Promise<BlockReading> {
    const { unit } = this.#flags;
    return this.#bus.read({ unit, table: this.#wanted.table, address, count, priority: 'slow' });
  }

  async #readSome(): Promise<BlockReading> {
    const { meant, count, fewerDo } = this.#wanted;
    const { address } = meant;
    const counts = fewerDo ? [count, 2, 1].filter((one) => address + one <= 0x1_0000) : [count];
    for (const [i, some] of counts.entries()) {
      try {
        return await this.#read(address, some);
      } catch (error) {
        const refused = error instanceof PpuriError && error.code === 'modbus-exception';
        if (!refused || i === counts.length - 1) throw error;
      }
    }
    throw usage('the address is beyond the table', String(address), '0 to 65535');
  }

  /** The value makes no sense here, and does beside: halves of two floats look like this. */
  async #doubts(words: readonly number[]): Promise<Note[]> {
    const { table, meant } = this.#wanted;
    if (this.#shown || isBitTable(table) || words.every((word) => word === 0)) return [];
    const { type = 'float32', order = 'ABCD' } = this.#flags;
    const floats = wordOrders.some((one) => interpret(words, 'float32', one).plausible);
    if (this.#flags.type === undefined && !floats) return [];
    const read = async (address: number, count: number) => (await this.#read(address, count)).words;
    const hint = await plausibleBeside(meant.address, words, { type, order }, read);
    return hint === null ? [] : [shiftNote(table, meant.address, hint, order)];
  }

  async #failed(error: PpuriError): Promise<void> {
    const { table, meant, count, fewerDo } = this.#wanted;
    const notes = addressNotes(meant, table);
    if (exceptionOf(error) === 2) {
      const read = async (address: number, some: number) => (await this.#read(address, some)).words;
      const hint = await answersBeside(meant.address, fewerDo ? 1 : count, read);
      if (hint !== null) notes.push(shiftNote(table, meant.address, hint, 'ABCD'));
    }
    const { code, message } = error;
    process.exitCode = error.exit;
    if (this.#flags.json === true) {
      const nothing = { words: null, at: new Date().toISOString(), roundTripMs: null, values: [] };
      this.#output.json({ ...this.#head(count), ...nothing, notes, error: { code, message } });
      return;
    }
    for (const line of failureLines(error, this.#choice.lang)) this.#output.note(line);
    for (const { text } of notes) this.#output.note(text[this.#choice.lang]);
  }

  #head(count: number) {
    const { table, meant } = this.#wanted;
    return { bus: this.#choice.url, unit: this.#flags.unit, table, address: meant.address, count };
  }

  #show({ words, at, roundTripMs }: BlockReading, notes: readonly Note[]): void {
    const { table, meant } = this.#wanted;
    const { lang, url } = this.#choice;
    const values = isBitTable(table) ? [] : valuesOf(words, this.#flags);
    const when = new Date(at.wallMs).toISOString();
    if (this.#flags.json === true) {
      const told = values.map(({ at: start, meaning }) => ({
        at: meant.address + start,
        ...meaning,
      }));
      this.#output.json({
        ...this.#head(words.length),
        ...{ words, at: when, roundTripMs, values: told, notes, error: null },
      });
    } else if (this.#shown) this.#output.line(`${when}  ${this.#short(words)}`);
    else {
      const ms = roundTripMs.toFixed(1);
      this.#output.line(
        `${url} ${lang === 'ko' ? '국번' : 'unit'} ${this.#flags.unit} ${table} ${meant.address}  ${when}  ${ms} ms`,
      );
      for (const line of this.#full(words)) this.#output.line(line);
      for (const { text } of notes) this.#output.line(text[lang]);
    }
    this.#shown = true;
  }

  #full(words: readonly number[]): string[] {
    const { table, meant } = this.#wanted;
    const { lang } = this.#choice;
    if (isBitTable(table)) return bitLines(meant.address, words);
    const meanings = [...Map.groupBy(valuesOf(words, this.#flags), ({ at }) => at)];
    const several = meanings.length > 1;
    const told = meanings.flatMap(([at, values]) => [
      ...(several ? ['', `${table} ${meant.address + at}`] : ['']),
      ...meaningLines(
        values.map(({ meaning }) => meaning),
        lang,
      ),
    ]);
    return [...wordLines(table, meant.address, words, lang), ...told];
  }

  #short(words: readonly number[]): string {
    if (this.#flags.type === undefined || isBitTable(this.#wanted.table)) {
      return words
        .map((word) => (isBitTable(this.#wanted.table) ? String(word) : hexWord(word)))
        .join(' ');
    }
    return valuesOf(words, { ...this.#flags, order: this.#flags.order ?? 'ABCD' })
      .map(({ meaning }) => meaningText(meaning))
      .join('  ');
  }
}

async function run(output: Output, text: string, flags: ReadFlags): Promise<void> {
  const choice = chooseBus(text, flags);
  const config =
    flags.timeout === undefined ? choice.config : { ...choice.config, timeoutMs: flags.timeout };
  wantedOf(flags);
  await withBuses([config], flags.share === true, async () => {
    const bus = createBus(choice.name ?? choice.url, config);
    if (bus.kind !== 'registers')
      throw usage(
        'an instrument that speaks text has no registers',
        choice.url,
        '`ppuri scan` shows what it says',
      );
    try {
      await repeat(new Reader(bus, choice, flags, output), flags.every, output);
    } finally {
      await bus.close();
    }
  });
}

/** On absolute ticks, so that a slow reply does not shift the ones after it. */
async function repeat(reader: Reader, everyMs: number | undefined, output: Output): Promise<void> {
  if (everyMs === undefined) return reader.once();
  const stop = interrupted();
  const ended = Promise.race([stop.signal, output.closed]).then(() => 'ended' as const);
  try {
    for (let nextMs = performance.now(); ; ) {
      await reader.once();
      nextMs = Math.max(nextMs + everyMs, performance.now());
      const tick = new Promise<'tick'>((resolve) => {
        setTimeout(resolve, nextMs - performance.now(), 'tick').unref();
      });
      if ((await Promise.race([ended, tick])) === 'ended') break;
    }
    process.exitCode = exitCodes.ok;
  } finally {
    stop.dispose();
  }
}

function unitNumber(text: string): number {
  const unit = wholeNumber(text);
  if (unit <= 255) return unit;
  throw new InvalidArgumentError('give a unit from 0 to 255');
}

export function addRead(program: Command): void {
  program
    .command('read')
    .description('registers read once: raw words under every type and word order')
    .argument('<bus>', 'a name of the configuration, or an address')
    .option('-c, --config <file>', 'the configuration that names the bus')
    .option('-u, --unit <n>', 'Modbus unit', unitNumber, 1)
    .option('--holding <address>', 'holding registers (function 3)')
    .option('--input <address>', 'input registers (function 4)')
    .option('--coil <address>', 'coils (function 1)')
    .option('--discrete <address>', 'discrete inputs (function 2)')
    .option('--count <n>', 'how many', positiveNumber)
    .addOption(new Option('--type <type>', 'as this type only').choices(readTypes))
    .addOption(new Option('--order <order>', 'in this word order only').choices(wordOrders))
    .option('--every <time>', 'again and again, e.g. 1s', duration)
    .option('--timeout <time>', 'longest wait for a reply', duration)
    .option('--share', 'beside a running agent (Modbus TCP only)')
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', 'JSON, described below')
    .addHelpText('after', help)
    .action(action('read registers', run, (_, flags) => languageOf(flags)));
}
