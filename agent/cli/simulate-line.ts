/** Serving a simulated instrument that speaks text. */
import type { Profile } from '../../config/profile.ts';
import { type ByteCarrier, openConverterPort } from '../simulator/byte-carrier.ts';
import { type LineServer, startLineServer } from '../simulator/line-server.ts';
import { PtyLine } from '../simulator/pty-line.ts';
import { interrupted } from './interrupt.ts';
import type { Output } from './output.ts';
import { type LineFlags, textCarrierOf } from './simulate-carrier.ts';
import { type SimulateOptions, within } from './simulate-options.ts';
import { elapsed, faultLines } from './simulate-serve.ts';
import { usage } from './simulate-usage.ts';

/** Throws PpuriError. */
export async function serveLine(
  output: Output,
  profile: Profile,
  options: SimulateOptions,
): Promise<void> {
  const { speed, seed, json } = options;
  if (speed === 'max')
    throw usage('an instrument cannot run at --speed max', '--speed', 'a number');
  const unit = within(options.unit, '--unit', 0, 255);
  const count = within(options.machines, '--machines', 1, 256 - unit);
  const units = Array.from({ length: count }, (_, i) => unit + i);
  const { byteMs, faults, ...line } = textCarrierOf(options);
  const stop = interrupted();
  try {
    const carrier = await openCarrier(options, line);
    const said = faults === undefined ? {} : { faults, onFault: faultTeller(output, options) };
    const server = await started(carrier, () =>
      startLineServer({ profile, carrier, units, seed, speed, byteMs, ...said }),
    );
    announce(output, profile, units, server, json === true);
    const over = options.for === undefined ? [] : [elapsed(options.for)];
    await Promise.race([stop.signal, ...over]);
    await server.close();
    summarise(output, server, json === true);
  } finally {
    stop.dispose();
  }
}

async function openCarrier(
  { host, port }: SimulateOptions,
  { kind, path, connections }: Omit<LineFlags, 'byteMs' | 'faults'>,
): Promise<ByteCarrier> {
  if (kind === 'text-pty') return PtyLine.open(path);
  const where = { host, port: within(port, '--port', 0, 65_535), scheme: 'line+tcp' };
  return openConverterPort(connections === undefined ? where : { ...where, connections });
}

/** What does not start leaves no port behind. */
async function started(carrier: ByteCarrier, start: () => LineServer): Promise<LineServer> {
  try {
    return start();
  } catch (thrown) {
    await carrier.close();
    throw thrown;
  }
}

function faultTeller(output: Output, { json }: SimulateOptions) {
  return (fault: string, message: Buffer): void => {
    if (json === true) output.json({ fault: { fault, message: message.toString('latin1') } });
  };
}

function announce(
  output: Output,
  profile: Profile,
  units: readonly number[],
  { address }: LineServer,
  json: boolean,
): void {
  if (json) output.json({ listening: { address, profile: profile.id, units } });
  else output.line(`${profile.id} on ${address}, unit ${units.join(', ')} (Ctrl-C ends it)`);
}

function summarise(output: Output, server: LineServer, json: boolean): void {
  const { asked, said, faults } = server.counts();
  if (json) output.json({ stopped: { asked, said, faults } });
  else
    for (const line of [`${said} messages, ${asked} requests`, ...faultLines(faults)])
      output.line(line);
}
