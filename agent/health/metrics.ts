/** The state of an agent as Prometheus text, format 0.0.4. */
import type { BusStats, UnitStats } from '../../drivers/driver.ts';
import type { Labels, Metric } from './metric.ts';
import { type AgentSource, agentMetrics, type KeepSource } from './metrics-agent.ts';

/** What the metrics are made of; the rest of an agent's status is not looked at. */
export interface MetricsSource extends AgentSource {
  readonly gateway: string;
  readonly buses: readonly BusStats[];
  readonly machines: readonly (AgentSource['machines'][number] & {
    readonly id: string;
    readonly polls: number;
    readonly missedTicks: number;
    readonly slow?: { readonly polls: number; readonly missedTicks: number };
  })[];
}

const unitStates: readonly UnitStats['state'][] = ['unknown', 'answering', 'silent', 'quarantined'];

/** An agent that does not answer is a metric too. */
export function metricsText(source: MetricsSource | null, keep: KeepSource | null = null): string {
  const up: Metric = {
    name: 'ppuri_up',
    kind: 'gauge',
    help: 'Whether the agent answers.',
    samples: [[source === null ? {} : { gateway: source.gateway }, source === null ? 0 : 1]],
  };
  const rest =
    source === null
      ? []
      : [
          ...agentMetrics(source, keep),
          ...busMetrics(source),
          ...unitMetrics(source),
          ...pollMetrics(source),
        ];
  return [up, ...rest].flatMap(linesOf).join('\n');
}

function busMetrics({ buses }: MetricsSource): Metric[] {
  const each = (pick: (bus: BusStats) => number): Metric['samples'] =>
    buses.map((bus) => [{ bus: bus.bus }, pick(bus)]);
  return [
    gauge(
      'ppuri_bus_up',
      'Whether the port or endpoint is open.',
      each(({ state }) => (state === 'open' ? 1 : 0)),
    ),
    gauge(
      'ppuri_bus_use_ratio',
      'Share of the last ten seconds the bus was busy.',
      each(({ use }) => use),
    ),
    gauge(
      'ppuri_bus_queued',
      'Requests that wait.',
      each(({ queued }) => queued),
    ),
    counter(
      'ppuri_bus_connects_total',
      'Times the port was opened.',
      each(({ connects }) => connects),
    ),
    counter(
      'ppuri_bus_sent_bytes_total',
      'Bytes sent.',
      each(({ bytesSent }) => bytesSent),
    ),
    counter(
      'ppuri_bus_received_bytes_total',
      'Bytes received.',
      each(({ bytesReceived }) => bytesReceived),
    ),
    counter(
      'ppuri_bus_stray_bytes_total',
      'Bytes received while nothing was asked.',
      each(({ strayBytes }) => strayBytes),
    ),
  ];
}

function unitMetrics({ buses }: MetricsSource): Metric[] {
  const each = (pick: (unit: UnitStats) => number | null): Metric['samples'] =>
    buses.flatMap(({ bus, units }) =>
      units.map((unit) => [{ bus, unit: unit.unit }, pick(unit)] as const),
    );
  const total = (name: string, help: string, pick: (unit: UnitStats) => number): Metric =>
    counter(`ppuri_bus_unit_${name}_total`, help, each(pick));
  return [
    total('requests', 'Requests sent.', ({ requests }) => requests),
    total('timeouts', 'Requests that nothing answered in time.', ({ timeouts }) => timeouts),
    total('exceptions', 'Exception answers.', ({ exceptions }) => exceptions),
    total(
      'malformed',
      'Replies refused: wrong id, unit, function, length or checksum.',
      ({ malformed }) => malformed,
    ),
    total(
      'checksum_errors',
      'Replies refused for their checksum.',
      ({ checksumErrors }) => checksumErrors,
    ),
    gauge(
      'ppuri_bus_unit_last_good_timestamp_seconds',
      'When it last answered well.',
      each(({ lastGoodWallMs }) => (lastGoodWallMs === null ? null : lastGoodWallMs / 1000)),
    ),
    gauge(
      'ppuri_bus_unit_last_good_age_seconds',
      'How long ago that was, whatever the wall clock did since.',
      each(({ lastGoodAgeMs }) => (lastGoodAgeMs === null ? null : lastGoodAgeMs / 1000)),
    ),
    gauge(
      'ppuri_bus_unit_timeout_seconds',
      'What the next request waits for a reply.',
      each(({ timeoutMs }) => timeoutMs / 1000),
    ),
    {
      name: 'ppuri_bus_unit_round_trip_seconds',
      kind: 'summary',
      help: 'Round trips of late.',
      samples: roundTrips(buses),
    },
    gauge('ppuri_bus_unit_state', 'One for the state the unit is in.', states(buses)),
  ];
}

function roundTrips(buses: readonly BusStats[]): Metric['samples'] {
  return buses.flatMap(({ bus, units }) =>
    units.flatMap(({ unit, roundTripMs }) => {
      if (roundTripMs === null) return [];
      const { p50, p99 } = roundTripMs;
      return [
        [{ bus, unit, quantile: '0.5' }, p50 / 1000] as const,
        [{ bus, unit, quantile: '0.99' }, p99 / 1000] as const,
      ];
    }),
  );
}

function states(buses: readonly BusStats[]): Metric['samples'] {
  return buses.flatMap(({ bus, units }) =>
    units.flatMap(({ unit, state: own }) =>
      unitStates.map((state) => [{ bus, unit, state }, state === own ? 1 : 0] as const),
    ),
  );
}

function pollMetrics({ machines }: MetricsSource): Metric[] {
  const each = (
    pick: (poller: { polls: number; missedTicks: number }) => number,
  ): Metric['samples'] =>
    machines.flatMap(({ id, slow, ...trigger }) => [
      [{ machine: id, poller: 'trigger' }, pick(trigger)] as const,
      ...(slow === undefined ? [] : [[{ machine: id, poller: 'slow' }, pick(slow)] as const]),
    ]);
  return [
    counter(
      'ppuri_poll_ticks_total',
      'Polls made.',
      each(({ polls }) => polls),
    ),
    counter(
      'ppuri_poll_missed_ticks_total',
      'Polls that were due and could not be made.',
      each(({ missedTicks }) => missedTicks),
    ),
  ];
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, kind: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, kind: 'counter', help, samples };
}

function linesOf({ name, kind, help, samples }: Metric): string[] {
  const known = samples.flatMap(([labels, value]) =>
    value === null || !Number.isFinite(value) ? [] : [`${name}${labelsText(labels)} ${value}`],
  );
  return known.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...known];
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
