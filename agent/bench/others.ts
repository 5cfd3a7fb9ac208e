/** Agents that work on this gateway already: they and a benchmark would disturb each other. */
import { readFileSync } from 'node:fs';
import { PpuriError } from '../../config/errors.ts';
import { connectControl } from '../store/control-client.ts';

/** By the control socket of the configured store, and by what agents claim their buses with. */
export async function agentRuns(storePath: string): Promise<boolean> {
  if (/ @ppuri:/.test(readFileSync('/proc/net/unix', 'utf8'))) return true;
  try {
    (await connectControl(storePath)).close();
    return true;
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return false;
  }
}
