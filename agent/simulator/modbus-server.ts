/**
 * Serves simulated units over Modbus TCP. Own framing: modbus-serial's ServerTCP answers after a
 * 1 ms timer and turns every frame into JSON twice, which would hide the latencies measured here.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import type { RegisterTable } from '../../drivers/driver.ts';

export interface ServedUnit {
  /** Words, or 0/1 for bits; null: no such address. `reader` stands for the connection. */
  read(
    table: RegisterTable,
    address: number,
    count: number,
    reader: object,
  ): ArrayLike<number> | null;
  /** False: not writable there. */
  write(table: 'coil' | 'holding', address: number, values: readonly number[]): boolean;
}

/** MBAP and PDU bytes, both ways, since the port was opened. */
export interface Traffic {
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ModbusServer {
  readonly host: string;
  readonly port: number;
  traffic(): Traffic;
  close(): Promise<void>;
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;
const gatewayTargetSilent = 0x0b;
const headerBytes = 6;
const longestFrame = 260;

type Reply = Buffer | { readonly exception: number };

/** Settles once the port is open. Throws `bus-unavailable` when it cannot be. */
export async function startModbusServer(options: {
  readonly host: string;
  readonly port: number;
  readonly unit: (id: number) => ServedUnit | null;
}): Promise<ModbusServer> {
  const { host, unit } = options;
  const sockets = new Set<Socket>();
  const count = { requests: 0, bytesIn: 0, bytesOut: 0 };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A reader that goes away is its own affair.
    socket.on('error', () => socket.destroy());
    serve(socket, unit, count);
  });
  const port = await listen(server, host, options.port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { host, port, traffic: () => ({ ...count }), close };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new PpuriError('bus-unavailable', `cannot serve on ${host}:${port}: ${cause.message}`, {
          operation: 'open a port for a simulated machine',
          subject: `tcp://${host}:${port}`,
          hint: 'take another port, or 0 for any free one',
          cause,
        }),
      );
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function serve(
  socket: Socket,
  unitOf: (id: number) => ServedUnit | null,
  count: { requests: number; bytesIn: number; bytesOut: number },
): void {
  let waiting: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    waiting = waiting.length === 0 ? data : Buffer.concat([waiting, data]);
    while (waiting.length > headerBytes) {
      const length = waiting.readUInt16BE(4);
      if (waiting.readUInt16BE(2) !== 0 || length < 2 || length > longestFrame - headerBytes) {
        socket.destroy();
        return;
      }
      if (waiting.length < headerBytes + length) return;
      const frame = waiting.subarray(0, headerBytes + length);
      waiting = waiting.subarray(headerBytes + length);
      const reply = answer(frame, unitOf, socket);
      socket.write(reply);
      count.requests += 1;
      count.bytesIn += frame.length;
      count.bytesOut += reply.length;
    }
  });
}

function answer(frame: Buffer, unitOf: (id: number) => ServedUnit | null, reader: object): Buffer {
  const unitId = frame[6] ?? 0;
  const code = frame[7] ?? 0;
  const unit = unitOf(unitId);
  const reply = unit === null ? { exception: gatewayTargetSilent } : execute(unit, frame, reader);
  const body = Buffer.isBuffer(reply) ? reply : Buffer.from([reply.exception]);
  const out = Buffer.allocUnsafe(headerBytes + 2 + body.length);
  out.writeUInt16BE(frame.readUInt16BE(0), 0);
  out.writeUInt16BE(0, 2);
  out.writeUInt16BE(2 + body.length, 4);
  out[6] = unitId;
  out[7] = Buffer.isBuffer(reply) ? code : code | 0x80;
  body.copy(out, 8);
  return out;
}

function execute(unit: ServedUnit, frame: Buffer, reader: object): Reply {
  if (frame.length < 12) return { exception: illegalValue };
  const address = frame.readUInt16BE(8);
  const value = frame.readUInt16BE(10);
  switch (frame[7]) {
    case 1:
      return readBits(unit.read('coil', address, value, reader), value);
    case 2:
      return readBits(unit.read('discrete', address, value, reader), value);
    case 3:
      return readWords(unit.read('holding', address, value, reader), value);
    case 4:
      return readWords(unit.read('input', address, value, reader), value);
    case 5:
      if (value !== 0xff00 && value !== 0) return { exception: illegalValue };
      return written(unit, 'coil', address, [value === 0 ? 0 : 1], frame);
    case 6:
      return written(unit, 'holding', address, [value], frame);
    case 15:
      return written(unit, 'coil', address, sentBits(frame, value), frame);
    case 16:
      return written(unit, 'holding', address, sentWords(frame, value), frame);
    default:
      return { exception: illegalFunction };
  }
}

function readWords(words: ArrayLike<number> | null, count: number): Reply {
  if (count < 1 || count > 125) return { exception: illegalValue };
  if (words === null) return { exception: illegalAddress };
  const body = Buffer.allocUnsafe(1 + 2 * count);
  body[0] = 2 * count;
  for (let i = 0; i < count; i++) body.writeUInt16BE(words[i] ?? 0, 1 + 2 * i);
  return body;
}

function readBits(bits: ArrayLike<number> | null, count: number): Reply {
  if (count < 1 || count > 2000) return { exception: illegalValue };
  if (bits === null) return { exception: illegalAddress };
  const bytes = Math.ceil(count / 8);
  const body = Buffer.alloc(1 + bytes);
  body[0] = bytes;
  for (let i = 0; i < count; i++) {
    const at = 1 + (i >> 3);
    if (bits[i] === 1) body[at] = (body[at] ?? 0) | (1 << (i & 7));
  }
  return body;
}

/** null: the request's count, byte count and length do not agree. */
function sentBits(frame: Buffer, count: number): number[] | null {
  const bytes = Math.ceil(count / 8);
  const fits = count >= 1 && count <= 1968 && frame[12] === bytes && frame.length === 13 + bytes;
  if (!fits) return null;
  return Array.from({ length: count }, (_, i) => ((frame[13 + (i >> 3)] ?? 0) >> (i & 7)) & 1);
}

function sentWords(frame: Buffer, count: number): number[] | null {
  const fits =
    count >= 1 && count <= 123 && frame[12] === 2 * count && frame.length === 13 + 2 * count;
  return fits ? Array.from({ length: count }, (_, i) => frame.readUInt16BE(13 + 2 * i)) : null;
}

/** The reply to a write repeats address and value or count. */
function written(
  unit: ServedUnit,
  table: 'coil' | 'holding',
  address: number,
  values: number[] | null,
  frame: Buffer,
): Reply {
  if (values === null) return { exception: illegalValue };
  if (!unit.write(table, address, values)) return { exception: illegalAddress };
  return frame.subarray(8, 12);
}
