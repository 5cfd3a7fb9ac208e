/** Metrics and health over HTTP, from a real keep child; the text is read by Prometheus' own parsers. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { healthOf } from '../../agent/health/healthz.ts';
import { metricsText } from '../../agent/health/metrics.ts';
import type { Keeper } from '../../agent/store/keeper.ts';
import { keepPlan } from '../fixtures/panel-plan.ts';
import { hasProgram } from '../fixtures/programs.ts';
import { agentSource, spread } from './metrics-source.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(port: number, path: string, more: { method?: string; host?: string } = {}) {
  return new Promise<Got>((resolve, reject) => {
    const headers = more.host === undefined ? {} : { host: more.host };
    const asked = request(
      { host: '127.0.0.1', port, path, method: more.method ?? 'GET', headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

async function served(): Promise<{ keeper: Keeper; port: number }> {
  const started = startKeeper(temporaryDirectory(), { beside: keepPlan('127.0.0.1:0') });
  const { text } = await started.seen('panel-listening');
  return { keeper: started.keeper, port: Number(/:(\d+)$/.exec(text)?.[1]) };
}

test('metrics and health of a running store', async () => {
  const { keeper, port } = await served();
  expect((await ask(port, '/healthz')).status).toBe(503);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  keeper.publishStatus({ ...agentSource, store: keeper.stats() });
  await keeper.query('models', {});
  const health = await ask(port, '/healthz');
  expect([health.status, JSON.parse(health.body)]).toEqual([
    200,
    {
      state: 'degraded',
      checks: { loop: 'ok', store: 'ok', clock: 'known', machinesLost: 1 },
    },
  ]);
  const { status, headers, body } = await ask(port, '/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(body).toMatch(/^ppuri_store_kept_total 1$/m);
  expect(body).toMatch(/^ppuri_store_oldest_pending_seconds 0$/m);
  expect(body).toMatch(/^ppuri_store_wal_bytes [1-9]\d+$/m);
  expect(body).toMatch(/^ppuri_store_written_bytes_total \d+$/m);
  expect(body).toMatch(/^ppuri_event_loop_delay_seconds\{process="keep",quantile="0.99"\} /m);
});

test('who must not ask is told so, and gets nothing', async () => {
  const { port } = await served();
  expect((await ask(port, '/metrics', { host: 'evil.example' })).status).toBe(403);
  expect((await ask(port, '/metrics', { host: `localhost:${port}` })).status).toBe(200);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
    expect((await ask(port, '/metrics', { method })).status).toBe(405);
  expect(await ask(port, '/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  const lost = await ask(port, '/../etc/passwd');
  expect(lost.status).toBe(404);
  expect(lost.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
  expect(lost.headers).not.toHaveProperty('access-control-allow-origin');
});

test('a port that is taken costs the pages only, and is said', async () => {
  const { port } = await served();
  const { keeper, seen } = startKeeper(temporaryDirectory(), {
    beside: keepPlan(`127.0.0.1:${port}`),
  });
  expect(await seen('panel-unavailable')).toMatchObject({ level: 'warn' });
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
});

describe('the text', () => {
  const text = `${metricsText(agentSource, agentSource.keep)}\n`;

  test.skipIf(!hasProgram('promtool'))('is in order for promtool', () => {
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  test('tells why a shot has no verdict, and where records went', () => {
    expect(text).toContain(
      'ppuri_verdicts_total{machine="dc-03",outcome="unscored",reason="warm-up"} 3',
    );
    expect(text).toContain('ppuri_store_gap_records{reason="evicted-readings"} 12');
    expect(text).toContain('ppuri_alerts{machine="dc-03",severity="stop"} 1');
    expect(text).toContain('ppuri_verdict_latency_seconds{quantile="0.99"} 0.002');
    expect(text).toContain('ppuri_inference_latency_seconds{stage="run",quantile="0.99"} 0.002');
    // What nobody measured has no sample.
    expect(text).not.toContain('stage="queued"');
    expect(text).not.toContain('ppuri_reject_latency_seconds');
  });
});

test('the README has every metric, as it is', () => {
  const latencyMs = { ...agentSource.latencyMs, snapshotToReject: spread };
  const all = { ...agentSource, latencyMs };
  const lines = metricsText(all, all.keep).split('\n');
  const rows = lines.flatMap((line, i) => {
    const [, name, help] = /^# HELP (\w+) (.*)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const labels = [...(lines[i + 2] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
    return [
      `| \`${name}\` | ${lines[i + 1]?.split(' ').at(-1)} | ${labels.join(', ')} | ${help} |`,
    ];
  });
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, table] = /<!-- metrics:begin -->\n([\s\S]*)\n<!-- metrics:end -->/.exec(readme) ?? [];
  expect(table?.split('\n').slice(2)).toEqual(rows);
});

test('health: a loop that is silent or a store that is down is down, a machine that is off is not', () => {
  const fine = { condition: 'ok', agent: agentSource, silentMs: 400 } as const;
  expect(healthOf(fine).state).toBe('degraded');
  expect(healthOf({ ...fine, agent: { machines: [{ link: 'up' }] } }).state).toBe('ok');
  expect(healthOf({ ...fine, silentMs: 16_000 })).toMatchObject({ checks: { loop: 'silent' } });
  expect(healthOf({ ...fine, silentMs: 16_000 }).state).toBe('down');
  expect(healthOf({ ...fine, condition: 'down' }).state).toBe('down');
  expect(healthOf({ ...fine, agent: null, silentMs: null }).state).toBe('down');
});
