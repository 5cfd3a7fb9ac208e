/** Everyone who is measured, and how each is started. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Reading, Tuning } from './contestant.ts';
import { names } from './measures.ts';
import { nodeRedArguments } from './node-red.ts';
import { planHeader, type Task } from './plan.ts';
import { agentArguments } from './ppuri.ts';
import { run } from './program.ts';
import { peerTools, whyMissing } from './tools.ts';

const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function agent(name: string, reading: Reading, pollMs: number | null): Contestant {
  return {
    name,
    reading,
    missing: () => null,
    start: async (task, dir) => run(process.execPath, agentArguments(task, reading, pollMs, dir)),
  };
}

function nodeRed(tuning: Tuning): Contestant {
  return {
    name: `Node-RED, ${tuning}`,
    reading: 'block',
    missing: () => whyMissing(peerTools.nodeRed),
    start: async (task, dir) =>
      run(process.execPath, nodeRedArguments(task, tuning, await freePort(), dir)),
  };
}

function python(tuning: Tuning): Contestant {
  return {
    name: `Python loop, ${tuning}`,
    reading: 'block',
    missing: () => whyMissing(peerTools.python),
    start: async (task, dir) => {
      const path = join(dir, 'task.json');
      writeFileSync(path, JSON.stringify(task));
      return run(peerTools.python, [source('./pymodbus-loop.py'), path, tuning]);
    },
  };
}

const cLoop: Contestant = {
  name: names.c,
  reading: 'block',
  missing() {
    try {
      execFileSync('pkg-config', ['--exists', 'libmodbus'], { stdio: 'ignore' });
      execFileSync('gcc', ['--version'], { stdio: 'ignore' });
      return null;
    } catch {
      return 'needs gcc, pkg-config and libmodbus (Debian: apt-get install gcc libmodbus-dev)';
    }
  },
  start: async (task, dir) =>
    run(
      compileLoop(task, dir),
      task.machines.map(({ port }) => `${port}`),
    ),
};

function compileLoop(task: Task, dir: string): string {
  writeFileSync(join(dir, 'plan.h'), planHeader(task));
  const program = join(dir, 'libmodbus-loop');
  const library = peerTools.onnxruntimeLibrary;
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libmodbus'], {
    encoding: 'utf8',
  });
  const runtime = [join(library, 'libonnxruntime.so.1'), `-Wl,-rpath,${library}`, '-lm'];
  const given = ['-O2', `-I${dir}`, '-o', program, source('./libmodbus-loop.c')];
  execFileSync('gcc', [...given, ...flags.trim().split(/\s+/), ...runtime]);
  return program;
}

export const contestants: readonly Contestant[] = [
  agent(names.own, 'counter', null),
  agent(names.ownBlock, 'block', null),
  agent(names.ownCounter, 'counter', 100),
  cLoop,
  python('tuned'),
  nodeRed('tuned'),
  python('untuned'),
  nodeRed('untuned'),
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
