/** `ppuri simulate`: a machine to practise on, a log played again, or a data set with ground truth. */
import type { Command } from 'commander';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { writeDataset } from '../simulator/dataset.ts';
import { faultNames, faultTable } from '../simulator/faults.ts';
import { collectPairs, duration, positiveNumber, speed, wholeNumber } from './arguments.ts';
import { action, type Output } from './output.ts';
import { baud, defaultHost, joinFaults, lateRange, unitList } from './simulate-carrier.ts';
import { serveLine } from './simulate-line.ts';
import { type SimulateOptions, scenarioOption } from './simulate-options.ts';
import { servePlant } from './simulate-serve.ts';
import { usage } from './simulate-usage.ts';

async function run(output: Output, profileId: string, options: SimulateOptions): Promise<void> {
  const profile = loadProfile(profileId);
  if (options.dataset !== undefined) return makeDataset(output, profile, options.dataset, options);
  if (profile.line === undefined) await servePlant(output, profile, options);
  else await serveLine(output, profile, options);
}

async function makeDataset(
  output: Output,
  profile: Profile,
  path: string,
  options: SimulateOptions,
): Promise<void> {
  if (options.replay !== undefined)
    throw usage('a data set is made, not replayed', '--dataset', 'leave out --replay');
  const { shots, seed, machines } = options;
  const summary = await writeDataset({
    profile,
    path,
    shots,
    seed,
    machines,
    scenario: scenarioOption(options.scenario),
  });
  if (options.json === true) return output.json(summary);
  const { rows, suppressed, defects } = summary;
  output.line(`${path}: ${rows} shots, ${suppressed} suppressed, ${defects} defects`);
  for (const [cause, count] of Object.entries(summary.causes)) output.line(`  ${cause}: ${count}`);
}

const faultList = faultNames
  .map((name) => `  ${name.padEnd(18)} ${faultTable[name].means}`)
  .join('\n');

const help = `
Serves simulated machines over Modbus TCP: one port, one unit each. Coils 0–63 and the registers
that the profile leaves free can be written (e.g. the reject signal). Without --replay the machine
follows a physical model, made by --seed: drift, stops, mold changes, sensor garbage, and defects
from known causes. With --replay the rows of a log become its shots; each stays in the registers
until a reader has read counter, block and counter, unless --no-hold. A meter replays kWh of intervals
as its counting register: a midnight written as 00:00 of the day it ends is put where it belongs, one
that comes twice counts once.

With --rtu-tcp it speaks RTU on a TCP port, as behind a serial converter, and with --pty on a pseudo
terminal (by socat) that is opened like any serial port. There each byte takes the time it would
take on the wire, unless --baud max; behind a converter only with --baud. Profiles of instruments
that speak text (scales, scanners) are served over TCP, or with --pty.

--fault spoils replies, each with its probability; --seed makes the same ones again. all=0.1 shares
a tenth out among all that can happen there. --late says how late a late reply is, FROM..TO, or the
reader's time-out, which it then exceeds 1.5 to 300 times.
${faultList}

With --json: {"listening":{…},"replays":{…}}, then {"shot":{…}}, {"write":{…}} and {"fault":{…}}
as they come, and {"stopped":{"shots":n,"defects":n,"suppressed":n,"writes":n,"bus":{…}}}, where
bus counts requests, replies and each fault; a meter or controller, which has no shots, has bus alone.

Examples:
  ppuri simulate die-casting-cold-chamber --port 1502 --speed 20
  ppuri simulate injection-molding --machines 4 --meter 101 --for 60s --json
  ppuri simulate die-casting-cold-chamber --replay log.csv.gz --speed max
  ppuri simulate die-casting-cold-chamber --replay log.csv --column meltTemperature=T1 --time when
  ppuri simulate injection-molding --dataset shots.csv --shots 20000 --seed 7
  ppuri simulate eastron-sdm630 --replay kwh.csv --column importEnergy=Usage_kWh --time date --speed 900
  ppuri simulate eastron-sdm630 --machines 10 --dead 7 --pty ./tty --baud 19200 --parity even
  ppuri simulate autonics-tk --rtu-tcp --port 4001 --connections 1 --fault late=0.01,duplicate=0.01
  ppuri simulate injection-molding --port 1502 --fault all=0.1 --late 500ms --json
  ppuri simulate cas-scale --pty ./scale
`;

const columns = (text: string, before: Readonly<Record<string, string>> = {}) =>
  collectPairs(text, before);

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('a machine to practise on, a log played again, or a data set with ground truth')
    .argument('<profile>', 'id of a shipped profile, or path of one')
    .option('--host <address>', 'address to listen on', defaultHost)
    .option('--port <n>', 'port; 0: any free one', wholeNumber, 0)
    .option('--unit <n>', 'Modbus unit of the first machine', wholeNumber, 1)
    .option('--machines <n>', 'how many, on units one after the other', wholeNumber, 1)
    .option('--meter <n>', 'also an energy meter for each, on units from this one on', wholeNumber)
    .option('--seed <n>', 'the same seed makes the same shots and faults', wholeNumber, 1)
    .option('--speed <n>', 'simulated seconds per second, or max: as fast as it is read', speed, 1)
    .option('--scenario <name>', 'default, steady, troubled or counter', 'default')
    .option('--replay <csv>', 'play this log (.csv or .csv.gz) instead of the model')
    .option('--column <signal=column>', 'column of a signal, again for more', columns)
    .option('--time <column>', 'column of the time, or two as DATE,TIME')
    .option('--no-hold', 'replay in its own time, whether or not anybody reads')
    .option('--for <duration>', 'end after this, e.g. 60s or 5m', duration)
    .option('--pty [path]', 'RTU, or text, on a pseudo terminal; its device file')
    .option('--rtu-tcp', 'RTU over TCP, as behind a serial converter')
    .option('--tcp', 'text over TCP; the default where the profile is of text')
    .option('--baud <n>', 'of the line: bytes take their time; max: none (pty: 9600)', baud)
    .option('--parity <kind>', 'of the line: none, even or odd')
    .option('--stop-bits <n>', 'of the line: 1 or 2', positiveNumber)
    .option('--strict-baud', 'deaf to a reader at another rate (pty; it keeps no parity)')
    .option('--echo', 'the adapter hears its own requests')
    .option('--turnaround <duration>', 'from request to reply, e.g. 5ms', duration)
    .option('--dead <units>', 'units that never answer, e.g. 7,9', unitList)
    .option('--fault <list>', 'late=0.01,truncated=0.02 …; see below', joinFaults)
    .option('--late <range>', 'how late, 750ms..20s, or the time-out of the reader', lateRange)
    .option('--connections <n>', 'how many are accepted at once', positiveNumber)
    .option('--when-full <what>', 'refuse the next one, or drop-oldest')
    .option('--dataset <file>', 'write shots with ground truth to a CSV and end')
    .option('--shots <n>', 'rows of the data set', wholeNumber, 10_000)
    .option('--json', 'JSON lines')
    .addHelpText('after', help)
    .action(action('simulate a machine', run));
}
