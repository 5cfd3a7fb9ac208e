/** `ppuri scan`: what answers on a bus, and on a silent line with which settings. */
import { type Command, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { duration } from './arguments.ts';
import { busHelp, chooseBus, languageOf, withBuses } from './bus-argument.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { Progress } from './progress.ts';
import { scanLines } from './scan-lines.ts';
import { baudList, parityList, type ScanFlags, unitList } from './scan-options.ts';
import { type ScanReport, scan } from './scan-run.ts';

const help = `${busHelp}

Modbus TCP and converters: asks units 1 to 247 for one register each; an exception is an answer too.
Serial ports: without a baud rate in the address the usual settings are tried, the likeliest first
(9600 to 57600 baud, 8N1, 8E1, 8O1, 8N2; unit 1 first, then 2 to 16), until a whole frame comes; then
every unit is asked. What speaks unasked (a scale, another master) is heard first. For each unit the
shipped profiles are compared with its registers: a guess, to be checked on site. Ctrl-C ends it and
prints what was found so far. Exit code 1: nothing was found; 4: the
port could not be opened or went away, after what was found by then.

--json prints one object: {"bus","type","settings":{"baudRate","parity","stopBits"}|null,"tried":[…],
"unasked":{"kind":"quiet"|"text"|"modbus"|"noise",…},"units":[{"unit","answered":"words"|"exception",
"exception","roundTripMs","replies","maybe":[{"profile","score","good","of","check":[…]}]}],"asked",
"unreachable":[…],"damaged":[…],"unfit":[{"unit","text":{"ko","en"}}],"complete",
"error":{"code","message"}|null,"yaml":[lines]}.

Examples:
  ppuri scan tcp://192.168.0.10
  ppuri scan rtu:///dev/ttyUSB0                      finds settings and units
  ppuri scan 'rtu:///dev/ttyUSB0?baud=19200&parity=even' --units 1-32
  ppuri scan cabinet -c ppuri.yaml --baud all
  ppuri scan line:///dev/ttyUSB1 --listen 5s         what a scale sends, and at which settings`;

async function run(output: Output, text: string, flags: ScanFlags): Promise<void> {
  const choice = chooseBus(text, flags);
  if ('host' in choice.config && (flags.baud ?? flags.parity) !== undefined)
    throw new PpuriError('usage', 'a bus over TCP has no serial settings to try', {
      operation: 'scan a bus',
      subject: choice.url,
      hint: 'leave out --baud and --parity; a converter’s are set on the converter',
    });
  const progress = new Progress(output, flags.json !== true);
  const stop = interrupted();
  const abort = new AbortController();
  void stop.signal.then(() => abort.abort());
  try {
    const report = await withBuses([choice.config], flags.share === true, () =>
      scan({ choice, flags, progress, stop: abort.signal }),
    );
    progress.clear();
    if (flags.json === true) output.json(report);
    else for (const line of scanLines(report, choice.lang)) output.line(line);
    process.exitCode = exitOf(report);
  } finally {
    progress.clear();
    stop.dispose();
  }
}

function exitOf({ complete, error, units, unasked }: ScanReport): number {
  if (error !== null) return exitCodes.device;
  if (!complete) return exitCodes.interrupted;
  return units.length > 0 || unasked.kind === 'text' ? exitCodes.ok : exitCodes.checkFailed;
}

export function addScan(program: Command): void {
  program
    .command('scan')
    .description('units on a bus; settings of a silent serial line; lines for ppuri.yaml')
    .argument('<bus>', 'a name of the configuration, or an address')
    .option('-c, --config <file>', 'the configuration that names the bus')
    .option('--units <list>', 'units to ask, e.g. 1-247 or 1,3,10-20', unitList)
    .option('--baud <list>', 'all, or baud rates to try, e.g. 9600,19200', baudList)
    .option('--parity <list>', 'all, or some of none,even,odd', parityList)
    .option('--timeout <time>', 'first wait for a reply; adapts to what answers', duration)
    .option('--listen <time>', 'how long to listen at each setting before asking', duration)
    .option('--no-guess', 'do not compare units with the shipped profiles')
    .option('--share', 'beside a running agent (Modbus TCP only)')
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('scan a bus', run, (_, flags) => languageOf(flags)));
}
