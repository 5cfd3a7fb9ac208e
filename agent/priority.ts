/**
 * Who of the program's processes goes first where the computer is busy: those between the snapshot
 * and the reject signal, before the store, the panel, and whatever else runs on the gateway.
 */
import { readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** As `nice` counts: lower goes first. */
const urgent = -10;
const patient = 5;

/**
 * For the loop, before it forks `infer`, which inherits it. False where it is not permitted: only
 * root, or a service with `Nice=-10`, may go before others.
 */
export function goFirst(): boolean {
  if (getPriority() <= urgent) return true;
  try {
    setPriority(urgent);
    return true;
  } catch {
    return false;
  }
}

/**
 * For children that no verdict waits for. Going after others is always permitted; coming forward to
 * that place, where somebody started the program behind it, is not, and nobody wants it.
 */
export function standBack(): void {
  if (getPriority() < patient) setPriority(patient);
}

/** Whether this process may go first, also again once it has stood back. */
export function mayGoFirst(): boolean {
  if (process.getuid?.() === 0) return true;
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    // Counted from 20 downwards: 30 is nice -10.
    return Number(/^Max nice priority\s+(\d+)/m.exec(limits)?.[1]) >= 20 - urgent;
  } catch {
    return false;
  }
}

/**
 * For `infer` while it loads models beside one that answers. Gives what ends it, to be called once
 * verdicts wait for this process; where it could not come back from it, nothing is done.
 */
export function standBackUntil(): () => void {
  if (getPriority() > urgent || !mayGoFirst()) return () => undefined;
  setPriority(patient);
  return () => void goFirst();
}

/** For what is no part of the agent: a simulated machine, a receiver of records. */
export function goAsOthers(): void {
  if (getPriority() < 0) setPriority(0);
}
