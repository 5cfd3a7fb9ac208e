/** The direction in which code may import, as rules over the files of a tree. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { importsOf } from './import-scanner.ts';

/** One broken rule, at `file:line`. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

interface Edge {
  readonly from: string;
  readonly line: number;
  /** Path from the root for a relative import, the specifier for a package. */
  readonly to: string;
  readonly relative: boolean;
}

const sourceDirs = ['agent', 'drivers', 'models', 'config', 'bench', 'test'];
const leaves = new Set(['drivers', 'models', 'config']);
/** What any room of the agent may import of the agent. */
const shared = new Set([
  'agent/records.ts',
  'agent/carbon-records.ts',
  'agent/energy-records.ts',
  'agent/energy-sums.ts',
  'agent/quality-report.ts',
  'agent/production-records.ts',
  'agent/role.ts',
  'agent/words.ts',
  'agent/health/log.ts',
]);
/** These connect rooms: commands, the demo, backtest, benchmark, reports and the files at the top of agent/. */
const connectors =
  /^agent\/(?:(?!records\.ts|carbon-records\.ts|energy-records\.ts|energy-sums\.ts|production-records\.ts|quality-report\.ts|role\.ts|words\.ts)[a-z-]+\.[jt]s$|(?:cli|demo|backtest|bench|report)\/)/;

/** How errors and their hints are made, and where shipped files lie; these import no room. */
const everyones = new Set([
  'config/errors.ts',
  'config/nearest.ts',
  'config/curve-points.ts',
  'config/units.ts',
  'config/shipped.ts',
]);

/** Where a package may be imported; the self-test loads each addon in a child of its own. */
const packageHomes: Readonly<Record<string, RegExp>> = {
  'onnxruntime-node': /^(?:agent\/infer|agent\/health\/selftest|bench|test)(?:\/|-|\.ts)/,
  'better-sqlite3':
    /^(?:agent\/store|agent\/receive\/received-store|agent\/health\/selftest|bench|test)(?:\/|-|\.ts)/,
  serialport: /^(?:drivers|agent\/health\/selftest|bench|test)(?:\/|-|\.ts)/,
  'modbus-serial': /^(?:drivers|agent\/simulator|bench|test)\//,
  commander: /^(?:agent\/cli|test)\//,
  mqtt: /^(?:agent\/sync|agent\/receive|agent\/cli|test)\//,
  esbuild: /^(?:agent\/panel\/build-pages|config\/install\/bundle)\.ts$/,
  preact: /^agent\/panel\/web\//,
  htm: /^agent\/panel\/web\//,
  uplot: /^agent\/panel\/web\//,
  'playwright-core': /^(?:bench|test)\//,
  vitest: /^(?:test\/|vitest\.config\.ts)/,
};

/** The part of the tree that imports as one: `drivers`, `agent/store`, or a file of `agent/`. */
function room(file: string): string {
  const [top = '', second = '', third] = file.split('/');
  if (top !== 'agent') return top;
  return third === undefined ? file : `${top}/${second}`;
}

function relativeProblem({ from, to }: Edge): string | null {
  const [source, target] = [room(from), room(to)];
  if (source === target || source === 'test') return null;
  if (target === 'test') return 'the product imports nothing of test/';
  if (source === 'bench') return null;
  if (target === 'bench') return 'the product imports nothing of bench/';
  if (everyones.has(to)) return null;
  if (leaves.has(source)) return `${source}/ imports nothing of ${target}`;
  if (connectors.test(from) || leaves.has(target) || shared.has(to)) return null;
  return `${source} may not import ${to}; connect rooms in agent/wire.ts`;
}

function packageProblem({ from, to }: Edge): string | null {
  if (/^(?:node:)?worker_threads$/.test(to) && !from.startsWith('test/'))
    return 'addons abort in worker threads; fork a role instead';
  const name = to.startsWith('@') ? to.split('/', 2).join('/') : (to.split('/')[0] ?? to);
  const home = packageHomes[name];
  return home === undefined || home.test(from) ? null : `${name} is not imported from here`;
}

function resolveEdge(from: string, specifier: string, line: number): Edge {
  const relative = specifier.startsWith('.');
  const to = relative ? path.posix.join(path.posix.dirname(from), specifier) : specifier;
  return { from, line, to, relative };
}

/** The first loop reached from each file not yet visited, as `a → b → a`. */
function loops(edges: readonly Edge[]): Violation[] {
  const next = Map.groupBy(
    edges.filter((edge) => edge.relative),
    (edge) => edge.from,
  );
  const done = new Set<string>();
  const found: Violation[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (done.has(file)) return;
    for (const { to, line } of next.get(file) ?? []) {
      const start = [...trail, file].indexOf(to);
      if (start === -1) visit(to, [...trail, file]);
      else {
        const loop = [...trail, file].slice(start).concat(to).join(' → ');
        found.push({ file, line, problem: `imports in a circle: ${loop}` });
      }
    }
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

/** Checks files given as path from the root → source. */
export function checkImports(files: ReadonlyMap<string, string>): Violation[] {
  const edges: Edge[] = [];
  const found: Violation[] = [];
  for (const [file, source] of files) {
    for (const { specifier, line } of importsOf(source)) {
      if (specifier !== null) edges.push(resolveEdge(file, specifier, line));
      else if (!file.startsWith('test/'))
        found.push({ file, line, problem: 'an import that is computed cannot be checked' });
    }
  }
  for (const edge of edges) {
    const problem = edge.relative ? relativeProblem(edge) : packageProblem(edge);
    if (problem !== null) found.push({ file: edge.from, line: edge.line, problem });
  }
  return [...found, ...loops(edges)];
}

/** Reads every source under `root` that the rules are about. */
export function readSources(root: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const dir of sourceDirs.filter((name) => existsSync(path.join(root, name)))) {
    for (const entry of readdirSync(path.join(root, dir), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:ts|js|mjs)$/.test(entry)) continue;
      const file = path.posix.join(dir, entry);
      files.set(file, readFileSync(path.join(root, file), 'utf8'));
    }
  }
  return files;
}
