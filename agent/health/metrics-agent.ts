/** Metrics of shots, verdicts, latencies, the store, children and the clock. */
import type { DriftHealth } from '../records.ts';
import { counter, gauge, type Metric } from './metric.ts';
import { driftMetrics } from './metrics-drift.ts';
import { syncMetrics, type TargetSource } from './metrics-sync.ts';

interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max?: number;
}

/** What these metrics are made of: parts of an agent's status, and of its keep child's. */
export interface AgentSource {
  readonly uptimeMs: number;
  readonly rssBytes: number;
  readonly clock: { readonly known: boolean; readonly steps: number };
  readonly machines: readonly {
    readonly id: string;
    readonly link: string;
    readonly counts: {
      readonly cycles: number;
      readonly ok: number;
      readonly defect: number;
      readonly unscored: Readonly<Record<string, number>>;
      readonly missedDeadlines: number;
    };
    readonly openAlerts: readonly { readonly severity: string }[];
    /** An agent of an older version has none. */
    readonly drift?: DriftHealth;
  }[];
  readonly alerts: { readonly callsLastHour: number; readonly floods: number };
  readonly outputs: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly writes: number;
    readonly failed: number;
  }[];
  readonly store: {
    readonly state: string;
    readonly kept: number;
    readonly pending: number;
    readonly oldestPendingMs: number | null;
    readonly dropped: number;
    readonly restarts: number;
  };
  readonly inference: {
    readonly restarts: number;
    readonly lateAnswers: number;
    readonly waiting: number;
    readonly children: readonly { readonly kind: string; readonly rssMiB: number | null }[];
  };
  readonly latencyMs: {
    readonly snapshotToAlert: Spread | null;
    readonly snapshotToReject: Spread | null;
    readonly inferenceQueued: Spread | null;
    readonly inferenceRun: Spread | null;
  };
  readonly eventLoopMs: Spread;
}

export interface KeepSource {
  readonly databaseBytes: number | null;
  readonly walBytes: number | null;
  readonly writtenBytes: number | null;
  readonly rssBytes: number;
  readonly eventLoopMs: Spread;
  readonly gaps: Readonly<Record<string, number>>;
  readonly targets: readonly TargetSource[];
}

type Samples = Metric['samples'];

const severities = ['stop', 'warning', 'caution', 'info'] as const;
const storeStates = ['ok', 'degraded', 'down'] as const;

const summary = (name: string, help: string, samples: Samples): Metric => ({
  ...{ name: `ppuri_${name}`, kind: 'summary', help, samples },
});

function spread(labels: Record<string, string>, figures: Spread | null): Samples {
  if (figures === null) return [];
  const named = [['0.5', figures.p50] as const, ['0.99', figures.p99] as const];
  const all = figures.max === undefined ? named : [...named, ['1', figures.max] as const];
  return all.map(([quantile, ms]) => [{ ...labels, quantile }, ms / 1000]);
}

/** Of the agent itself. */
export function agentMetrics(agent: AgentSource, keep: KeepSource | null): Metric[] {
  return [
    ...processMetrics(agent, keep),
    ...attentionMetrics(agent),
    ...shotMetrics(agent),
    ...driftMetrics(agent.machines),
    ...storeMetrics(agent, keep),
    ...syncMetrics(keep?.targets ?? []),
  ];
}

function processMetrics(agent: AgentSource, keep: KeepSource | null): Metric[] {
  const { inference } = agent;
  const memory: Samples = [
    [{ process: 'loop' }, agent.rssBytes],
    ...(keep === null ? [] : [[{ process: 'keep' }, keep.rssBytes] as const]),
    ...inference.children.map(
      ({ kind, rssMiB }, place) =>
        [{ process: `infer-${kind}-${place}` }, rssMiB === null ? null : rssMiB * 2 ** 20] as const,
    ),
  ];
  return [
    gauge('uptime_seconds', 'How long the agent has run.', [[{}, agent.uptimeMs / 1000]]),
    gauge('clock_known', 'Whether the wall clock can be relied on.', [
      [{}, agent.clock.known ? 1 : 0],
    ]),
    counter('clock_steps_total', 'Times the wall clock was set.', [[{}, agent.clock.steps]]),
    gauge('resident_memory_bytes', 'Memory of each process.', memory),
    summary('event_loop_delay_seconds', 'How late timers were, since the start.', [
      ...spread({ process: 'loop' }, agent.eventLoopMs),
      ...spread({ process: 'keep' }, keep?.eventLoopMs ?? null),
    ]),
    counter('child_restarts_total', 'Children started again after a loss.', [
      [{ child: 'infer' }, inference.restarts],
      [{ child: 'keep' }, agent.store.restarts],
    ]),
    gauge('inference_waiting', 'Predictions that wait.', [[{}, inference.waiting]]),
    counter('inference_late_answers_total', 'Predictions that came after their deadline.', [
      [{}, inference.lateAnswers],
    ]),
  ];
}

function shotMetrics({ machines, latencyMs }: AgentSource): Metric[] {
  const each = (pick: (machine: AgentSource['machines'][number]) => number): Samples =>
    machines.map((machine) => [{ machine: machine.id }, pick(machine)]);
  return [
    gauge(
      'machine_up',
      'Whether the machine answers.',
      each(({ link }) => (link === 'up' ? 1 : 0)),
    ),
    counter(
      'cycles_total',
      'Shots seen.',
      each(({ counts }) => counts.cycles),
    ),
    counter('verdicts_total', 'Verdicts, by outcome and why unscored.', verdicts(machines)),
    counter(
      'missed_deadlines_total',
      'Verdicts that came too late to count.',
      each(({ counts }) => counts.missedDeadlines),
    ),
    gauge('alerts', 'Standing alerts.', standing(machines)),
    summary('verdict_latency_seconds', 'Snapshot complete to alert or verdict.', [
      ...spread({}, latencyMs.snapshotToAlert),
    ]),
    summary('reject_latency_seconds', 'Snapshot complete to reject signal confirmed.', [
      ...spread({}, latencyMs.snapshotToReject),
    ]),
    summary('inference_latency_seconds', 'Scored predictions: wait for a child, and run in it.', [
      ...spread({ stage: 'queued' }, latencyMs.inferenceQueued),
      ...spread({ stage: 'run' }, latencyMs.inferenceRun),
    ]),
  ];
}

function verdicts(machines: AgentSource['machines']): Samples {
  return machines.flatMap(({ id: machine, counts }) => [
    [{ machine, outcome: 'ok', reason: '' }, counts.ok] as const,
    [{ machine, outcome: 'defect', reason: '' }, counts.defect] as const,
    ...Object.entries(counts.unscored).map(
      ([reason, count]) => [{ machine, outcome: 'unscored', reason }, count] as const,
    ),
  ]);
}

function standing(machines: AgentSource['machines']): Samples {
  return machines.flatMap(({ id: machine, openAlerts }) =>
    severities.map(
      (severity) =>
        [
          { machine, severity },
          openAlerts.filter((alert) => alert.severity === severity).length,
        ] as const,
    ),
  );
}

function storeMetrics({ store }: AgentSource, keep: KeepSource | null): Metric[] {
  const oldest = store.oldestPendingMs;
  return [
    gauge(
      'store_state',
      'One for the state the store is in.',
      storeStates.map((state) => [{ state }, state === store.state ? 1 : 0]),
    ),
    counter('store_kept_total', 'Records committed.', [[{}, store.kept]]),
    gauge('store_pending', 'Records not known to be committed.', [[{}, store.pending]]),
    gauge('store_oldest_pending_seconds', 'Age of the oldest of them; 0 when there is none.', [
      [{}, oldest === null ? 0 : oldest / 1000],
    ]),
    counter('store_dropped_total', 'Records given up and counted as gaps.', [[{}, store.dropped]]),
    gauge('store_database_bytes', 'Size of the database.', [[{}, keep?.databaseBytes ?? null]]),
    gauge('store_wal_bytes', 'Size of its write-ahead log.', [[{}, keep?.walBytes ?? null]]),
    counter('store_written_bytes_total', 'What the keep process made the disk write.', [
      [{}, keep?.writtenBytes ?? null],
    ]),
    gauge(
      'store_gap_records',
      'Records not kept, or kept no longer, by reason.',
      Object.entries(keep?.gaps ?? {}).map(([reason, count]) => [{ reason }, count]),
    ),
  ];
}

function attentionMetrics({ alerts, outputs }: AgentSource): Metric[] {
  const by = (value: (output: AgentSource['outputs'][number]) => number): Samples =>
    outputs.map((output) => [{ output: output.name }, value(output)]);
  return [
    gauge('alert_calls_last_hour', 'Alerts that called for attention within an hour.', [
      [{}, alerts.callsLastHour],
    ]),
    counter('alert_floods_total', 'Floods of alerts.', [[{}, alerts.floods]]),
    gauge(
      'output_ok',
      'Whether an output is known to show what it should.',
      by(({ ok }) => Number(ok)),
    ),
    counter(
      'output_writes_total',
      'Writes of an output that its device confirmed.',
      by(({ writes }) => writes),
    ),
    counter(
      'output_failed_total',
      'Writes of an output that failed.',
      by(({ failed }) => failed),
    ),
  ];
}
