/** An agent's status as metrics and health see it. */
import type { MetricsSource } from '../../agent/health/metrics.ts';
import type { KeepSource } from '../../agent/health/metrics-agent.ts';

export const spread = { p50: 1, p99: 2, max: 5 };

export const machineSource: MetricsSource['machines'][number] = {
  id: 'dc-03',
  link: 'lost',
  counts: { cycles: 20, ok: 15, defect: 2, unscored: { 'warm-up': 3 }, missedDeadlines: 0 },
  openAlerts: [{ severity: 'stop' }],
  drift: {
    findings: [
      {
        ...{ kind: 'frozen', feature: 'vacuum', mold: '8412', sinceShot: 5, from: 50, to: 48 },
        modelInput: true,
      },
    ],
    molds: [],
    settled: { shots: 400, needed: 400 },
    steps: [],
    spread: {
      ...{ against: 'training', shots: 200 },
      features: [{ feature: 'vacuum', psi: 0.31, chance: 0.2 }],
    },
    recent: { shots: 200, unscored: 3, outsideTraining: 5, novel: 4 },
  },
  polls: 90,
  missedTicks: 10,
  slow: { polls: 50, missedTicks: 4 },
};

export const agentSource: MetricsSource & { readonly keep: KeepSource } = {
  gateway: 'gw-1',
  uptimeMs: 60_000,
  rssBytes: 60 * 2 ** 20,
  clock: { known: true, steps: 1 },
  buses: [
    {
      ...{ bus: 'press', state: 'open', connects: 1, queued: 0, use: 0.4 },
      ...{ bytesSent: 10, bytesReceived: 20, strayBytes: 0 },
      units: [
        {
          ...{ unit: 1, requests: 9, timeouts: 1, exceptions: 0, malformed: 0, checksumErrors: 0 },
          ...{ lastGoodWallMs: 1_790_000_000_000, lastGoodAgeMs: 12, timeoutMs: 500 },
          ...{ roundTripMs: { p50: 3, p99: 9 }, state: 'answering' },
        },
      ],
    },
  ],
  machines: [machineSource],
  alerts: { callsLastHour: 3, floods: 1 },
  outputs: [{ name: 'light', ok: true, writes: 40, failed: 2 }],
  store: {
    state: 'ok',
    kept: 30,
    pending: 2,
    oldestPendingMs: 120,
    dropped: 0,
    restarts: 1,
  },
  inference: {
    restarts: 0,
    lateAnswers: 0,
    waiting: 0,
    children: [{ kind: 'shared', rssMiB: 55 }],
  },
  latencyMs: {
    ...{ snapshotToAlert: spread, snapshotToReject: null },
    ...{ inferenceQueued: null, inferenceRun: spread },
  },
  eventLoopMs: spread,
  keep: {
    databaseBytes: 4096,
    walBytes: 8192,
    writtenBytes: 12_288,
    rssBytes: 50 * 2 ** 20,
    eventLoopMs: spread,
    gaps: { 'evicted-readings': 12 },
    targets: [
      {
        ...{ target: 'cloud', state: 'connected', delivered: 25, refused: 1, bytes: 30_000 },
        ...{ connections: 2, pending: 4, oldestPendingMs: 1500 },
        ...{ held: { count: 3 }, undeliverable: 2 },
      },
    ],
  },
};
