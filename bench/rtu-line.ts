/**
 * How much of a serial line's time the RTU bus uses: ten units polled as fast as they answer, on a
 * pseudo terminal with the timing of a real line. And what one dead unit costs the nine others.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RtuStats } from '../agent/simulator/rtu-server.ts';
import { characterMs, frameSilenceMs } from '../agent/simulator/wire-timing.ts';
import { PpuriError } from '../config/errors.ts';
import type { Bus } from '../drivers/driver.ts';
import { createBus } from '../drivers/registry.ts';
import { type Bench, type Figure, figure } from './figure.ts';

const ownSeconds = 90;
const baudRates = [9600, 19_200, 38_400, 57_600, 115_200] as const;
const deadAt = 19_200;
const units = 10;
const deadUnit = 7;
/** As many registers as a meter's block has. */
const registers = 20;
const warmUpSeconds = 8;

export const rtuLine: Bench = {
  name: 'rtu-line',
  title: 'use of a serial line by the RTU bus, ten units; and one of them dead',
  async run({ seconds, say }) {
    // The dead unit is measured for as long as four of the rates: it is asked at a falling rate.
    const each = (seconds ?? ownSeconds) / (baudRates.length + 4);
    const figures: Figure[] = [];
    for (const baudRate of baudRates) {
      say(`${baudRate} baud`);
      figures.push(...useFigures(baudRate, await poll(baudRate, 0, each)));
    }
    say(`${deadAt} baud, one of ten dead`);
    const alive = await poll(deadAt, 0, each);
    const dead = await poll(deadAt, deadUnit, 4 * each);
    figures.push(...deadFigures(alive, dead));
    return {
      figures,
      remarks: [
        `Reads of ${registers} registers; a read of each unit under way or waiting at any time. Mandatory: 3.5 characters, at least 1.75 ms, after request and reply.`,
        'The line is simulated in a process of its own and gives each byte when its last bit would have come; its delays, the pseudo terminal’s and socat’s count against the bus.',
      ],
    };
  },
};

interface Polled {
  readonly seconds: number;
  /** Share of the time that bytes and mandatory silences took. */
  readonly use: number;
  /** Replies a second, by unit. */
  readonly rates: ReadonlyMap<number, number>;
  readonly errors: Readonly<Record<string, number>>;
  readonly shortestSilenceMs: number | null;
  readonly cpuShare: number;
}

async function poll(baudRate: number, dead: number, seconds: number): Promise<Polled> {
  const child = fork(fileURLToPath(new URL('./rtu-line-child.ts', import.meta.url)), [
    String(baudRate),
    String(dead),
  ]);
  const [{ path }] = (await once(child, 'message')) as [{ path: string }];
  const line = { path, baudRate, parity: 'none', stopBits: 1, echo: 'none' } as const;
  const bus = createBus('bench', { type: 'modbus-rtu', ...line, timeoutMs: 500 });
  try {
    return await measure(child, bus, baudRate, seconds);
  } finally {
    await bus.close();
    child.disconnect();
    await once(child, 'exit');
  }
}

async function measure(
  child: ChildProcess,
  bus: Bus,
  baudRate: number,
  seconds: number,
): Promise<Polled> {
  // The first replies of each unit are held back on a fresh port.
  await pollUnits(bus, warmUpSeconds);
  const before = await statsOf(child);
  const [cpu, begunMs] = [process.cpuUsage(), performance.now()];
  const { replies, errors } = await pollUnits(bus, seconds);
  const after = await statsOf(child);
  const tookMs = performance.now() - begunMs;
  const { user, system } = process.cpuUsage(cpu);
  const wireMs = (after.line?.wireMs ?? 0) - (before.line?.wireMs ?? 0);
  const silences = after.requests + after.replies - before.requests - before.replies;
  const mandatoryMs = silences * frameSilenceMs(characterMs(baudRate));
  return {
    seconds: tookMs / 1000,
    use: (wireMs + mandatoryMs) / tookMs,
    rates: new Map([...replies].map(([unit, count]) => [unit, (count * 1000) / tookMs])),
    errors,
    shortestSilenceMs: after.line?.shortestSilenceMs ?? null,
    cpuShare: (user + system) / 1000 / tookMs,
  };
}

async function statsOf(child: ChildProcess): Promise<RtuStats> {
  child.send('stats');
  const [stats] = (await once(child, 'message')) as [RtuStats];
  return stats;
}

/** One read of each unit after another, all units at once. */
async function pollUnits(bus: Bus, seconds: number) {
  const replies = new Map<number, number>();
  const errors: Record<string, number> = {};
  const untilMs = performance.now() + seconds * 1000;
  const one = async (unit: number): Promise<void> => {
    const request = { unit, table: 'input', address: 0, count: registers } as const;
    while (performance.now() < untilMs) {
      try {
        await bus.read({ ...request, priority: 'slow' });
        replies.set(unit, (replies.get(unit) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof PpuriError)) throw error;
        errors[error.code] = (errors[error.code] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  await Promise.all(Array.from({ length: units }, (_, i) => one(i + 1)));
  return { replies, errors };
}

const sum = (values: Iterable<number>): number =>
  [...values].reduce((total, one) => total + one, 0);

function useFigures(
  baudRate: number,
  { use, rates, shortestSilenceMs, cpuShare, errors }: Polled,
): Figure[] {
  const note = Object.keys(errors).length === 0 ? '' : `errors: ${JSON.stringify(errors)}`;
  return [
    figure(`${baudRate} baud: line used`, 100 * use, '%', { budget: { least: 90 }, note }),
    figure(`${baudRate} baud: reads`, sum(rates.values()), '/s'),
    figure(`${baudRate} baud: shortest silence before a request`, shortestSilenceMs, 'ms', {
      budget: { least: frameSilenceMs(characterMs(baudRate)) - 0.2 },
    }),
    figure(`${baudRate} baud: CPU of the reading process`, 100 * cpuShare, '% of a core'),
  ];
}

function deadFigures(alive: Polled, dead: Polled): Figure[] {
  const neighbours = (polled: Polled): number[] =>
    [...polled.rates].filter(([unit]) => unit !== deadUnit).map(([, rate]) => rate);
  const [before, after] = [neighbours(alive), neighbours(dead)];
  const kept = after.map((rate, i) => (100 * rate) / (before[i] ?? Number.NaN));
  const timeouts = dead.errors['bus-timeout'] ?? 0;
  return [
    figure('one dead of ten: rate the nine others keep, least', Math.min(...kept), '%', {
      budget: { least: 90 },
    }),
    figure('one dead of ten: time-outs spent on it', timeouts / dead.seconds, '/s'),
  ];
}
