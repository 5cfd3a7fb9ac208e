/** Metrics of the delivery to each sync target. */
import { counter, gauge, type Metric } from './metric.ts';

/** How the delivery to one target stands; of the keep child's facts. */
export interface TargetSource {
  readonly target: string;
  readonly state: string;
  readonly delivered: number;
  readonly refused: number;
  readonly bytes: number;
  readonly connections: number;
  readonly pending: number;
  readonly oldestPendingMs: number | null;
  readonly held: { readonly count: number } | null;
  readonly undeliverable: number;
}

export function syncMetrics(targets: readonly TargetSource[]): Metric[] {
  const each = (pick: (target: TargetSource) => number): Metric['samples'] =>
    targets.map((target) => [{ target: target.target }, pick(target)]);
  return [
    gauge(
      'sync_connected',
      'Whether the target is connected.',
      each(({ state }) => (state === 'connected' ? 1 : 0)),
    ),
    gauge(
      'sync_pending',
      'Kept records that the target lacks.',
      each(({ pending }) => pending),
    ),
    gauge(
      'sync_oldest_pending_seconds',
      'Age of the oldest of them by the wall clock; 0 when there is none.',
      each(({ oldestPendingMs }) => (oldestPendingMs ?? 0) / 1000),
    ),
    gauge(
      'sync_held',
      'Records of them that are tried again later while others are taken.',
      each(({ held }) => held?.count ?? 0),
    ),
    gauge(
      'sync_undeliverable',
      'Records counted as a gap that `ppuri ledger --retry` would send again.',
      each(({ undeliverable }) => undeliverable),
    ),
    counter(
      'sync_delivered_total',
      'Records acknowledged, since the store was opened.',
      each(({ delivered }) => delivered),
    ),
    counter(
      'sync_refused_total',
      'Records the target can never take.',
      each(({ refused }) => refused),
    ),
    counter(
      'sync_sent_bytes_total',
      'Bytes sent, about.',
      each(({ bytes }) => bytes),
    ),
    counter(
      'sync_connections_total',
      'Connections made.',
      each(({ connections }) => connections),
    ),
  ];
}
