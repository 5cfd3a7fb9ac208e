/** What a poller that reads the profile's whole block every 100 ms puts on the wire: the yardstick. */
import { loadProfile } from '../config/profile-load.ts';
import { parseAddress, wordCount } from '../drivers/decode.ts';
import { planReads } from '../drivers/plan.ts';
import { createBus } from '../drivers/registry.ts';
import { profile as profileId } from './shop-words.ts';

export interface BlockPoll {
  /** Bytes and requests of one poll of counter and shot block, both directions. */
  readonly shotBytes: number;
  readonly shotRequests: number;
  /** Of one poll of every signal of the profile. */
  readonly allBytes: number;
  readonly allRequests: number;
}

/** Reads each plan once from the machine on `port`, and counts what went over the connection. */
export async function measureBlockPoll(port: number): Promise<BlockPoll> {
  const shot = await pollOnce(port, (poll) => poll !== 'slow');
  const all = await pollOnce(port, () => true);
  return {
    shotBytes: shot.bytes,
    shotRequests: shot.requests,
    allBytes: all.bytes,
    allRequests: all.requests,
  };
}

async function pollOnce(port: number, wanted: (poll: string) => boolean) {
  const { signals, modbus } = loadProfile(profileId);
  const spans = Object.values(signals)
    .filter(({ poll }) => wanted(poll))
    .map(({ at, type }) => {
      const { table, address } = parseAddress(at);
      return { unit: 1, table, address, words: wordCount(type), tag: null };
    });
  const bus = createBus('block-poll', {
    type: 'modbus-tcp',
    host: '127.0.0.1',
    port,
    timeoutMs: 1000,
  });
  try {
    const blocks = planReads(spans, modbus);
    for (const { unit, table, address, count } of blocks)
      await bus.read({ unit, table, address, count, priority: 'shot' });
    const { bytesSent, bytesReceived } = bus.stats();
    return { bytes: bytesSent + bytesReceived, requests: blocks.length };
  } finally {
    await bus.close();
  }
}
