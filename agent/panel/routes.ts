/** What the panel's pages ask for and have done: reads out of memory and store, changes by the loop. */

import type { Text } from '../records.ts';
import type { MachinePage, Overview } from './contract.ts';
import { PanelRefusal } from './refusal.ts';
import type { PanelReply, PanelRequest, Route } from './route.ts';
import { jsonReply } from './route.ts';

export type Answered =
  | { readonly result: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

export interface PlantPages {
  /** The loop was not heard lately: what is asked of it would not be done. */
  silent(): boolean;
  overview(): Promise<Overview>;
  /** Null: no such machine. */
  page(machine: string, shots: number): MachinePage | null;
  query(method: string, params: unknown): Promise<Answered>;
  /** A HistoryPage: the last alerts, of one machine or of all, and what people did. */
  history(machine: string | undefined, fromWallMs: number | undefined): Promise<Answered>;
  /** Why something was refused, in both languages. */
  words(message: string): Text;
  /** How verdicts agreed with labels. */
  quality(fromWallMs: number, toWallMs: number): Promise<Answered>;
  command(method: string, params: unknown): Promise<Answered>;
}

const defaultShots = 60;
const mostShots = 240;

function numberOf(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!(value >= 0 && value <= most)) throw new PanelRefusal('bad-request');
  return value;
}

/** What whoever asked can mend. */
const theirs = new Set(['usage', 'alert-unknown', 'stop-unknown', 'label-refused']);

/** The loop or the store says why not, in its own words. */
function answered(pages: PlantPages, outcome: Answered): PanelReply {
  if ('result' in outcome) return jsonReply(outcome.result);
  const { code, message } = outcome.error;
  const status = theirs.has(code) ? 400 : 503;
  const body = JSON.stringify({ error: { code, message: pages.words(message) } });
  return { status, type: 'application/json', body };
}

type Reading = (request: PanelRequest) => PanelReply | Promise<PanelReply>;

const read = (handle: Reading): Route => ({ method: 'GET', role: 'viewer', handle });

type Fields = Readonly<Record<string, unknown>>;

interface Change {
  readonly method: string;
  readonly role?: Route['role'];
  /** Body → what the loop is asked; default: as it is. */
  readonly asked?: (body: Fields) => Fields;
}

/** A change is passed to the loop with who asked for it; the page's own words for who are not taken. */
function change(pages: PlantPages, { method, role = 'operator', asked }: Change): Route {
  return {
    method: 'POST',
    role,
    handle: async ({ body, visitor }) => {
      if (typeof body !== 'object' || body === null) throw new PanelRefusal('bad-request');
      if (pages.silent()) throw new PanelRefusal('agent-silent');
      const fields = asked === undefined ? { ...body } : asked({ ...body });
      const by = { who: visitor?.name ?? '', from: 'panel' };
      return answered(pages, await pages.command(method, { ...fields, ...by }));
    },
  };
}

function machinePage(pages: PlantPages, { rest, query }: PanelRequest): PanelReply {
  const shots = numberOf(query, 'shots', mostShots) ?? defaultShots;
  const page = pages.page(rest, shots);
  if (page === null) throw new PanelRefusal('no-such-page');
  return jsonReply(page);
}

async function history(pages: PlantPages, { query }: PanelRequest): Promise<PanelReply> {
  const machine = query.get('machine') ?? undefined;
  const fromWallMs = numberOf(query, 'from', Number.MAX_SAFE_INTEGER);
  return answered(pages, await pages.history(machine, fromWallMs));
}

const weekMs = 7 * 86_400_000;

async function quality(pages: PlantPages, { query }: PanelRequest): Promise<PanelReply> {
  const now = Date.now();
  const fromWallMs = numberOf(query, 'from', now) ?? now - weekMs;
  return answered(pages, await pages.quality(Math.max(fromWallMs, now - weekMs), now));
}

/** Path → route, for the server. */
export function plantRoutes(pages: PlantPages): [string, Route][] {
  return [
    ['/api/overview', read(async () => jsonReply(await pages.overview()))],
    ['/api/machines/*', read((request) => machinePage(pages, request))],
    ['/api/history', read((request) => history(pages, request))],
    ['/api/quality', read((request) => quality(pages, request))],
    ['/api/alerts/acknowledge', change(pages, { method: 'alert-acknowledge', role: 'kiosk' })],
    ['/api/alerts/shelve', change(pages, { method: 'alert-shelve' })],
    ['/api/alerts/unshelve', change(pages, { method: 'alert-unshelve' })],
    ['/api/alerts/false', change(pages, { method: 'alert-false' })],
    ['/api/stops/reason', change(pages, { method: 'stop-reason' })],
    ['/api/buzzer/silence', change(pages, { method: 'buzzer-silence', role: 'kiosk' })],
    [
      '/api/labels',
      change(pages, {
        method: 'label',
        asked: ({ boot, seq, ...label }) => ({ ...label, place: { boot, seq } }),
      }),
    ],
  ];
}
