/** `ppuri probe`: every signal of a configuration read once, and the likely cause of what is wrong. */
import { type Command, Option } from 'commander';
import { soundConfig } from '../../config/check.ts';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { suggest } from '../../config/nearest.ts';
import { findModel } from '../find-model.ts';
import { causes } from '../survey/causes.ts';
import { isDoubtful, isSound } from '../survey/evidence.ts';
import { type BusFlags, languageOf, withBuses } from './bus-argument.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { probeLines } from './probe-lines.ts';
import { busesOf, type ProbedBus, probe } from './probe-run.ts';
import { Progress } from './progress.ts';

interface ProbeFlags extends BusFlags {
  readonly config: string;
  readonly machine?: string;
  readonly trySettings?: boolean;
}

const help = `
Reads every signal of every device once and says what is likely to be wrong: port, host, connection
limit, baud rate, parity, unit number, duplicate unit, termination, table (function code), address
off by one, word order, a broken sensor. Trials only read; nothing is ever written. --try-settings
also tries other serial settings on a line where nobody answers (up to a minute).

Exit code 0: every required signal is good; 1: some are not; 4: a bus cannot be opened.

--json prints one object: {"ok","buses":[{"bus","type","error":{"code","message"}|null,
"stats"|null}],"signals":[{"machine","device","bus","unit","profile","signal","title":{"ko","en"},
"at","type","order"|null,"words":[…]|null,"value","text","measure","quality","doubtful","note","roundTripMs",
"required"}],"causes":[{"cause","bus","machine","device","unit","signals":[…],"text":{"ko","en"},
"evidence":{"ko","en"},"action":{"ko","en"},"remedy"}]}; measure: the unit of the value.

Examples:
  ppuri probe -c ppuri.yaml
  ppuri probe -c ppuri.yaml --machine dc-03 --json
  ppuri probe -c ppuri.yaml --try-settings`;

async function run(output: Output, flags: ProbeFlags): Promise<void> {
  const { config, profiles } = await soundConfig(flags.config, { findModel });
  const machine = flags.machine ?? null;
  const ids = config.machines.map(({ id }) => id);
  if (machine !== null && !ids.includes(machine))
    throw new PpuriError('usage', `there is no machine "${machine}"`, {
      operation: 'probe',
      subject: flags.config,
      hint: suggest(machine, ids, 'there are'),
    });
  const progress = new Progress(output, flags.json !== true);
  const stop = interrupted();
  const abort = new AbortController();
  void stop.signal.then(() => abort.abort());
  const trySettings = flags.trySettings === true;
  const lang = flags.lang ?? config.gateway.locale;
  const options = { config, profiles, machine, trySettings, progress, lang, stop: abort.signal };
  try {
    const buses = await withBuses([...busesOf(options).values()], flags.share === true, () =>
      probe(options),
    );
    progress.clear();
    if (flags.json === true) output.json(reportOf(buses));
    else for (const line of probeLines(buses, lang, output.color)) output.line(line);
    process.exitCode = abort.signal.aborted ? exitCodes.interrupted : exitOf(buses);
  } finally {
    progress.clear();
    stop.dispose();
  }
}

function exitOf(buses: readonly ProbedBus[]): number {
  if (buses.some(({ failure }) => failure !== null)) return exitCodes.device;
  return areSound(buses) ? exitCodes.ok : exitCodes.checkFailed;
}

function areSound(buses: readonly ProbedBus[]): boolean {
  return buses.every(
    ({ devices, textDevices }) =>
      devices.every(({ signals }) =>
        signals.every((one) => isSound(one) || !one.signal.required),
      ) &&
      textDevices.every(({ signals }) =>
        signals.every(({ reading, required }) => reading.quality === 'good' || !required),
      ),
  );
}

/** What `--json` prints. */
function reportOf(buses: readonly ProbedBus[]) {
  const ok = areSound(buses) && buses.every(({ failure }) => failure === null);
  return {
    ok,
    buses: buses.map(({ name, config, failure, stats }) => ({
      ...{ bus: name, type: config.type, stats },
      error: failure === null ? null : { code: failure.code, message: failure.message },
    })),
    signals: buses.flatMap((bus) => [...signalsOf(bus), ...textSignalsOf(bus)]),
    causes: buses.flatMap(({ causes: found }) =>
      found.map((one) => ({ ...one, ...causes[one.cause] })),
    ),
  };
}

function signalsOf({ name, devices }: ProbedBus) {
  return devices.flatMap(({ machine, device, unit, profile, signals }) =>
    signals.map((one) => {
      const { signal, words, reading, roundTripMs } = one;
      return {
        ...{ machine, device, bus: name, unit, profile },
        ...{ signal: signal.name, title: signal.title },
        ...{ at: `${signal.table} ${signal.address}`, type: signal.type, order: signal.order },
        ...{ words, value: reading.value, text: reading.text ?? null, measure: signal.unit },
        ...{ quality: reading.quality, doubtful: isDoubtful(one), note: reading.note ?? null },
        ...{ roundTripMs, required: signal.required },
      };
    }),
  );
}

/** The same fields; what only registers have is null. */
function textSignalsOf({ name, textDevices }: ProbedBus) {
  return textDevices.flatMap(({ machine, device, unit, profile, signals }) =>
    signals.map(({ name: signal, title, at, unit: measure, required, reading }) => ({
      ...{ machine, device, bus: name, unit, profile, signal, title },
      ...{ at, type: 'line', order: null, words: null },
      ...{ value: reading.value, text: reading.text ?? null, measure },
      ...{ quality: reading.quality, doubtful: false, note: reading.note ?? null },
      ...{ roundTripMs: null, required },
    })),
  );
}

export function addProbe(program: Command): void {
  program
    .command('probe')
    .description('every signal of a configuration, read once, and what is wrong with it')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('--machine <id>', 'of this machine only')
    .option('--try-settings', 'where a serial line is silent, also try other settings')
    .option('--share', 'beside a running agent (Modbus TCP only)')
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('probe the devices', run, languageOf));
}
