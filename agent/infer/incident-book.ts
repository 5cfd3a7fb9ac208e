/** Which model cost the agent which children, and where it may therefore run. */
import type { IncidentCause, InferLimits, ModelIncidents, Placement } from './inference.ts';

type BookLimits = Pick<InferLimits, 'sharedIncidents' | 'ownIncidents'>;

export interface IncidentBook {
  note(model: string, cause: IncidentCause, detail: string): void;
  placement(model: string): Placement;
  count(model: string): number;
  forget(model: string): void;
  adopt(remembered: readonly ModelIncidents[]): void;
  all(): readonly ModelIncidents[];
}

export function createIncidentBook(limits: BookLimits): IncidentBook {
  const book = new Map<string, ModelIncidents>();
  const placement = (model: string): Placement => book.get(model)?.placement ?? 'shared';
  return {
    placement,
    note(model, cause, detail) {
      const before = book.get(model);
      const shared = placement(model) === 'shared';
      const inShared = (before?.inShared ?? 0) + (shared ? 1 : 0);
      const inOwn = (before?.inOwn ?? 0) + (shared ? 0 : 1);
      const last = { cause, detail, wallMs: Date.now() };
      book.set(model, { model, inShared, inOwn, placement: place(inShared, inOwn, limits), last });
    },
    count: (model) => (book.get(model)?.inShared ?? 0) + (book.get(model)?.inOwn ?? 0),
    forget: (model) => void book.delete(model),
    adopt(remembered) {
      for (const entry of remembered) book.set(entry.model, entry);
    },
    all: () => [...book.values()],
  };
}

function place(inShared: number, inOwn: number, limits: BookLimits): Placement {
  if (inOwn >= limits.ownIncidents) return 'set-aside';
  return inShared >= limits.sharedIncidents ? 'own' : 'shared';
}
