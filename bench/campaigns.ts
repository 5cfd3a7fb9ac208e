/** Figures of campaigns that lie with the fault tests, each run as a person would run it by hand. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Bench, figure } from './figure.ts';

const faults = fileURLToPath(new URL('../test/faults/', import.meta.url));

/** What the campaign wrote to stdout. Rejects with what it said when it failed. */
async function campaign(name: string, ...args: string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [`${faults}${name}`, ...args], {
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

const writtenSeconds = 300;
const dayBudget = { most: 1.5 };

/** By the counters of a block device: with the journal of the file system and every checkpoint. */
export const written: Bench = {
  name: 'written',
  title: 'bytes that reach the disk in a day at 50 readings a second',
  async run({ seconds, say }) {
    const root = process.getuid?.() === 0;
    const took = `${seconds ?? writtenSeconds}`;
    say(root ? `twice ${took} s` : 'not as root');
    if (!root) return { figures: [figure(dayOf('even'), null, 'GB/day', unmeasured)], remarks: [] };
    const lines = await campaign('bytes-a-day.ts', '--seconds', took, '--readings', '50');
    const reports = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return {
      figures: reports.flatMap(({ pace, gigabytesPerDay, bytesPerRecord, records }) => [
        figure(dayOf(pace), gigabytesPerDay, 'GB/day', {
          ...{ budget: dayBudget, note: `${records} records` },
        }),
        figure(`written a record, ${pace} pace`, bytesPerRecord, 'B'),
      ]),
      remarks: [
        'A loop device with an ext4 of its own, counted by the kernel. Evenly spaced records share no commit: the worst case.',
      ],
    };
  },
};

const dayOf = (pace: string): string => `written a day, ${pace} pace`;
const unmeasured = { budget: dayBudget, note: 'makes a disk of its own: needs root' } as const;

const backlog = 60_000;
const recordsASecond = 3000;

export const drain: Bench = {
  name: 'drain',
  title: 'a backlog that drains over MQTT QoS 1 to a broker beside it, and live records meanwhile',
  async run({ seconds, say }) {
    const records = seconds === null ? backlog : Math.max(500, seconds * recordsASecond);
    say(`${records} records`);
    const report = JSON.parse(await campaign('sync-campaign.ts', '--backlog', `${records}`));
    const { perSecond, liveMs, liveRecords, rssMiB, cpuMsPerThousand } = report;
    return {
      figures: [
        figure('backlog delivered', perSecond, 'records/s', { budget: { least: 5000 } }),
        figure('live records behind, longest', liveMs.max / 1000, 's', {
          ...{ budget: { most: 5 }, note: `${liveRecords} of them, p50 ${liveMs.p50} ms` },
        }),
        figure('CPU of keep for a thousand records', cpuMsPerThousand, 'ms'),
        figure('memory of keep at the end (RSS)', rssMiB.at(-1) ?? null, 'MiB'),
      ],
      remarks: [
        'Acknowledged by a mosquitto and received by a subscriber on the same computer: what they need of its cores is in the figure.',
      ],
    };
  },
};
