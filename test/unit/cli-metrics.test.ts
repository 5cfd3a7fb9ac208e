import { expect, test } from 'vitest';
import { busLines } from '../../agent/cli/status-buses.ts';
import { metricsText } from '../../agent/health/metrics.ts';
import type { BusStats, UnitStats } from '../../drivers/driver.ts';
import { agentSource } from './metrics-source.ts';

const unit: UnitStats = {
  unit: 7,
  requests: 1000,
  timeouts: 3,
  exceptions: 2,
  malformed: 5,
  checksumErrors: 4,
  lastGoodWallMs: 1_700_000_000_500,
  lastGoodAgeMs: 2000,
  roundTripMs: { p50: 21.5, p99: 40 },
  timeoutMs: 500,
  state: 'silent',
};
const dead: UnitStats = {
  ...unit,
  unit: 8,
  lastGoodWallMs: null,
  lastGoodAgeMs: null,
  roundTripMs: null,
};
const bus: BusStats = {
  bus: 'cabinet',
  state: 'open',
  connects: 2,
  bytesSent: 8000,
  bytesReceived: 9000,
  strayBytes: 12,
  queued: 1,
  use: 0.425,
  units: [unit, dead],
};
const poller = { polls: 90, missedTicks: 10, slow: { polls: 50, failed: 1, missedTicks: 4 } };

test('buses, units and pollers as Prometheus reads them', () => {
  const text = metricsText({ ...agentSource, gateway: 'gw "1"', buses: [bus] });
  const lines = text.split('\n');
  expect(lines).toContain('ppuri_up{gateway="gw \\"1\\""} 1');
  expect(lines).toContain('ppuri_bus_use_ratio{bus="cabinet"} 0.425');
  expect(lines).toContain('ppuri_bus_unit_checksum_errors_total{bus="cabinet",unit="7"} 4');
  expect(lines).toContain(
    'ppuri_bus_unit_round_trip_seconds{bus="cabinet",unit="7",quantile="0.99"} 0.04',
  );
  expect(lines).toContain(
    'ppuri_bus_unit_last_good_timestamp_seconds{bus="cabinet",unit="7"} 1700000000.5',
  );
  expect(lines).toContain('ppuri_bus_unit_state{bus="cabinet",unit="7",state="silent"} 1');
  expect(lines).toContain('ppuri_poll_missed_ticks_total{machine="dc-03",poller="slow"} 4');
  // A unit that never answered has no time and no round trip, not 0.
  expect(text).not.toMatch(/last_good_timestamp_seconds\{bus="cabinet",unit="8"/);
  expect(text).not.toMatch(/round_trip_seconds\{bus="cabinet",unit="8"/);
});

test('every line is a comment or a sample, each name typed once before its samples', () => {
  const text = metricsText({ ...agentSource, buses: [bus] });
  const typed = new Set<string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\w+) (gauge|counter|summary)$/.exec(line);
    if (type?.[1] !== undefined) {
      expect(typed.has(type[1])).toBe(false);
      typed.add(type[1]);
    } else if (!line.startsWith('# HELP ')) {
      const sample = /^(\w+)(\{[^}]*\})? -?[\d.e+-]+$/.exec(line);
      expect(typed.has(sample?.[1] ?? line)).toBe(true);
    }
  }
  expect(typed.size).toBeGreaterThan(15);
});

test('no agent is a metric too', () => {
  expect(metricsText(null)).toMatch(/\nppuri_up 0$/);
});

test('the status names devices as the shop does, and what has not answered as a dash', () => {
  const devices = [{ name: 'meter', bus: 'cabinet', unit: 7 }];
  const machine = { name: '3호기', devices, ...poller };
  const lines = busLines({ buses: [bus], machines: [machine] }, 'ko', (_, text) => text);
  expect(lines.find((line) => line.startsWith('cabinet  연결'))).toContain('43 %');
  expect(lines.find((line) => line.includes('3호기 meter'))).toMatch(
    /무응답 +21\.5 +40\.0 +1000 +3 +4 +5 +2/,
  );
  expect(lines.find((line) => / 8 {2}-/.test(line))).toMatch(/- {2,}- .* -$/);
  expect(lines.at(-1)).toBe('3호기: 놓친 폴링 10 / 100 (트리거), 4 / 54 (느린 신호)');
});
