/** Metrics of how far a machine's values can be trusted. */
import type { DriftHealth } from '../records.ts';
import { gauge, type Metric } from './metric.ts';

interface Watched {
  readonly id: string;
  readonly drift?: DriftHealth;
}

const kinds = ['decimal-shift', 'frozen', 'slow-offset', 'missing-rise', 'distribution'] as const;

/** A feature without a name is the model's scores. */
const scores = 'scores';

export function driftMetrics(machines: readonly Watched[]): Metric[] {
  const known = machines.flatMap(({ id, drift }) => (drift === undefined ? [] : [{ id, drift }]));
  return [
    gauge(
      'drift_findings',
      'Values in doubt, by what is wrong with them.',
      known.flatMap(({ id, drift }) =>
        kinds.map((kind) => {
          const count = drift.findings.filter((finding) => finding.kind === kind).length;
          return [{ machine: id, kind }, count] as const;
        }),
      ),
    ),
    gauge(
      'drift_psi',
      'Population stability index of the last shots, against the training or the first shots.',
      known.flatMap(({ id, drift }) =>
        (drift.spread?.features ?? []).map(({ feature, psi }) => {
          const labels = { machine: id, feature: feature ?? scores };
          return [{ ...labels, against: drift.spread?.against ?? '' }, psi] as const;
        }),
      ),
    ),
    gauge(
      'novel_ratio',
      'Share of the last shots that were unlike anything in training; none where not known.',
      known.flatMap(({ id, drift: { recent } }) =>
        recent.novel === null || recent.shots === 0
          ? []
          : [[{ machine: id }, recent.novel / recent.shots] as const],
      ),
    ),
  ];
}
