/** The child that verifies bundles: whatever a file does to its reader, no machine waits for it. */
import { PpuriError } from '../config/errors.ts';
import { readBundle } from '../models/bundle.ts';
import type { VerifyAnswer, VerifyRequest } from './bundle-protocol.ts';

/** Serves until the parent disconnects. */
export function runBundleChild(): void {
  process.once('disconnect', () => process.exit(0));
  process.on('message', (request: VerifyRequest) => {
    void verify(request).then((answer) => process.send?.(answer));
  });
}

async function verify({ id, dir, trust }: VerifyRequest): Promise<VerifyAnswer> {
  try {
    return { id, bundle: await readBundle(dir, trust === null ? {} : { trust }) };
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const details = { operation: 'verify a model bundle', subject: dir, hint: '' };
      return { id, refusal: { code: 'internal', message, ...details } };
    }
    const { code, message, operation, subject, hint } = thrown;
    return { id, refusal: { code, message, operation, subject, hint } };
  }
}
