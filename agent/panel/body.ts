/** The JSON body of a POST, never more of it than allowed. */
import type { IncomingMessage } from 'node:http';
import { PanelRefusal } from './refusal.ts';

export const bodyMost = 64 * 1024;

/** By its headers alone. Throws the refusals `not-json` and `too-large`. */
export function assertBody({ headers }: IncomingMessage, most: number): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') throw new PanelRefusal('not-json');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new PanelRefusal('not-json');
  if (Number(headers['content-length'] ?? 0) > most) throw new PanelRefusal('too-large');
}

/** Rejects with `too-large` once there is more than `most`, `bad-request` when it is no JSON. */
export async function readJson(request: IncomingMessage, most: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else {
        request.pause();
        reject(new PanelRefusal('too-large'));
      }
    });
    request.once('end', resolve);
    // Who asked is gone: nobody reads the answer.
    request.once('close', () => reject(new PanelRefusal('bad-request')));
    request.once('error', () => reject(new PanelRefusal('bad-request')));
  });
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new PanelRefusal('bad-request');
  }
}

/** A text among the fields of a body; throws the refusal `bad-request` for anything else. */
export function textField(body: unknown, field: string, most = 1000): string {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, field)
      ? Reflect.get(body, field)
      : undefined;
  if (typeof value !== 'string' || value.length > most) throw new PanelRefusal('bad-request');
  return value;
}
