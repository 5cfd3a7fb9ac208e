/** The agent as `ppuri run`, with nothing in its configuration but what is compared. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { findProfile } from '../../config/profile-load.ts';
import { model, profile } from '../shop-words.ts';
import type { Reading } from './contestant.ts';
import type { Task } from './plan.ts';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));

/** Arguments of `node` that start it. `pollMs` null: as it comes. Writes its files into `dir`. */
export function agentArguments(
  task: Task,
  reading: Reading,
  pollMs: number | null,
  dir: string,
): string[] {
  const config = join(dir, 'ppuri.yaml');
  const used = reading === 'block' ? blockProfile(task, dir) : profile;
  const bus = (port: number) => ({ type: 'modbus-tcp', host: '127.0.0.1', port });
  const written = {
    gateway: { id: 'bench', site: 'bench' },
    buses: Object.fromEntries(task.machines.map(({ id, port }) => [id, bus(port)])),
    machines: task.machines.map(({ id }) => ({
      id,
      profile: used,
      devices: { plc: { bus: id, unit: 1 } },
      model,
      // As with the peers, the machine itself clears it.
      reject: { device: 'plc', coil: task.coil, pulseMs: 0 },
      ...(pollMs === null ? {} : { pollMs }),
    })),
    store: { path: join(dir, 'store') },
  };
  writeFileSync(config, stringify(written));
  return ['--max-semi-space-size=1', launcher, 'run', '-c', config];
}

/**
 * The profile, read as the peers read: counter and block in one, at fixed times. Each read is a cycle
 * of its own then, so the agent judges a shot as often as it sees it.
 */
function blockProfile({ everyMs }: Task, dir: string): string {
  const changed = parse(readFileSync(findProfile(profile), 'utf8'));
  changed.signals.shotCount.poll = 'shot';
  changed.cycle.trigger = { on: 'interval', everyMs };
  const path = join(dir, 'block-profile.yaml');
  writeFileSync(path, stringify(changed));
  return path;
}
