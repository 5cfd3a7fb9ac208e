/**
 * Every kind of bus polled at full speed for hours with every fault: no wrong value, memory and
 * descriptors flat. Run by hand:
 *
 *   node --expose-gc test/faults/bus-soak.ts --for 2h --seed 1
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CampaignBus, type CampaignReport, campaign } from './bus-campaign.ts';

export interface SoakSample {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
}

export interface SoakReport {
  readonly buses: readonly CampaignReport[];
  readonly requests: number;
  /** Over the last three quarters, by least squares. */
  readonly rssMiBPerHour: number;
  readonly heapMiBPerHour: number;
  readonly descriptors: { readonly least: number; readonly most: number };
  readonly samples: readonly SoakSample[];
}

const buses: readonly CampaignBus[] = ['modbus-tcp', 'modbus-rtu-tcp', 'modbus-rtu'];

function sample(begunMs: number): SoakSample {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const mib = (bytes: number): number => Math.round((bytes / 2 ** 20) * 100) / 100;
  return {
    seconds: Math.round((performance.now() - begunMs) / 1000),
    rssMiB: mib(rss),
    heapMiB: mib(heapUsed),
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

function slopePerHour(samples: readonly SoakSample[], value: (one: SoakSample) => number): number {
  const settled = samples.slice(Math.floor(samples.length / 4));
  const mean = (of: (one: SoakSample) => number): number =>
    settled.reduce((sum, one) => sum + of(one), 0) / settled.length;
  const [meanT, meanV] = [mean((one) => one.seconds), mean(value)];
  const cross = mean((one) => (one.seconds - meanT) * (value(one) - meanV));
  const spread = mean((one) => (one.seconds - meanT) ** 2);
  return Math.round((cross / spread) * 3600 * 1000) / 1000;
}

export async function soak(options: {
  readonly seconds: number;
  readonly everySeconds: number;
  readonly seed: number;
  readonly say?: (sample: SoakSample) => void;
}): Promise<SoakReport> {
  const { seconds, everySeconds, seed, say } = options;
  const begunMs = performance.now();
  const samples: SoakSample[] = [];
  const timer = setInterval(() => {
    const now = sample(begunMs);
    samples.push(now);
    say?.(now);
  }, everySeconds * 1000);
  const over = (): boolean => performance.now() - begunMs > seconds * 1000;
  const reports = await Promise.all(
    buses.map((bus, i) =>
      campaign({
        bus,
        requests: Number.POSITIVE_INFINITY,
        seed: seed + i,
        timeoutMs: 100,
        share: 0.01,
        lies: 'all',
        stop: over,
      }),
    ),
  );
  clearInterval(timer);
  const descriptors = samples.slice(1).map((one) => one.descriptors);
  return {
    buses: reports,
    requests: reports.reduce((sum, { requests }) => sum + requests, 0),
    rssMiBPerHour: slopePerHour(samples, (one) => one.rssMiB),
    heapMiBPerHour: slopePerHour(samples, (one) => one.heapMiB),
    descriptors: { least: Math.min(...descriptors), most: Math.max(...descriptors) },
    samples,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { for: { type: 'string', default: '2h' }, seed: { type: 'string', default: '1' } },
  });
  const [, digits = '2', unit = 'h'] = /^(\d+)(s|m|h)$/.exec(values.for) ?? [];
  const seconds = Number(digits) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
  const report = await soak({
    seconds,
    everySeconds: Math.max(1, Math.min(30, seconds / 40)),
    seed: Number(values.seed),
    say: (one) => process.stderr.write(`${JSON.stringify(one)}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
}
