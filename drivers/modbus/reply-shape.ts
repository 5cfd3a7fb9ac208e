/** What the reply to one request must look like, whatever the framing around it. */
export interface ReplyShape {
  readonly unit: number;
  readonly functionCode: number;
  /** Unit, function and data of a normal reply, in bytes. */
  readonly length: number;
  /** Bytes after unit and function that are known beforehand: byte count, or the echo of a write. */
  readonly known: Uint8Array;
}

/** Unit, function and exception code. Of the supported functions every normal reply is longer. */
export const exceptionLength = 3;

/** From a request as unit, function and data (no CRC). Throws RangeError for other functions. */
export function replyShape(request: Uint8Array): ReplyShape {
  const functionCode = request[1] ?? 0;
  const known = knownBytes(request, functionCode);
  const data = functionCode <= 4 ? 1 + (known[0] ?? 0) : known.length;
  return { unit: request[0] ?? 0, functionCode, length: 2 + data, known };
}

function knownBytes(request: Uint8Array, functionCode: number): Uint8Array {
  const count = ((request[4] ?? 0) << 8) | (request[5] ?? 0);
  switch (functionCode) {
    case 1:
    case 2:
      return Uint8Array.of(Math.ceil(count / 8));
    case 3:
    case 4:
      return Uint8Array.of(2 * count);
    case 5:
    case 6:
    case 15:
    case 16:
      return request.slice(2, 6);
    default:
      throw new RangeError(`no framing for function ${functionCode}`);
  }
}
