/**
 * Texts of one kind look alike: names, units and hashes repeat from shot to shot. The first text of
 * each kind is kept as a sample, and later ones are deflated against it, which leaves the digits.
 * A packed text is the number of its sample, two bytes, then raw deflate.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type Database from 'better-sqlite3';

/** Samples beyond these would fill the store with samples: such texts are deflated alone. */
const mostShapes = 2000;
const longestSample = 8192;
const noSample = 0;
const deflate = { level: 6, windowBits: 13, memLevel: 6 } as const;

const samplesOf = new WeakMap<Database.Database, Map<number, Buffer>>();

/** Packs texts; call inside the transaction that writes them, so that sample and text go together. */
export class Packer {
  readonly #db: Database.Database;
  readonly #known = new Map<string, { id: number; sample: Buffer }>();

  constructor(db: Database.Database) {
    this.#db = db;
    this.forget();
  }

  /** After a transaction was rolled back: a sample of it is no longer there. */
  forget(): void {
    this.#known.clear();
    const rows = this.#db
      .prepare<[], { id: number; key: string; sample: string }>('SELECT * FROM shapes')
      .all();
    for (const { id, key, sample } of rows)
      this.#known.set(key, { id, sample: Buffer.from(sample) });
  }

  pack(key: string, text: string): Buffer {
    const shape = this.#known.get(key) ?? this.#learn(key, text);
    const number = Buffer.alloc(2);
    number.writeUInt16LE(shape?.id ?? noSample);
    const options = shape === null ? deflate : { ...deflate, dictionary: shape.sample };
    return Buffer.concat([number, deflateRawSync(text, options)]);
  }

  #learn(key: string, text: string): { id: number; sample: Buffer } | null {
    if (this.#known.size >= mostShapes || text.length > longestSample) return null;
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO shapes (key, sample) VALUES (?, ?)')
      .run(key, text);
    const shape = { id: Number(lastInsertRowid), sample: Buffer.from(text) };
    this.#known.set(key, shape);
    return shape;
  }
}

function sampleOf(db: Database.Database, id: number): Buffer {
  const samples = samplesOf.get(db) ?? new Map<number, Buffer>();
  samplesOf.set(db, samples);
  const known = samples.get(id);
  if (known !== undefined) return known;
  const text = db.prepare('SELECT sample FROM shapes WHERE id = ?').pluck().get(id);
  const sample = Buffer.from(String(text ?? ''));
  samples.set(id, sample);
  return sample;
}

/** The text that was packed. Throws when the blob is damaged. */
export function unpackText(db: Database.Database, packed: Buffer): string {
  const id = packed.readUInt16LE(0);
  const body = packed.subarray(2);
  const options = id === noSample ? {} : { dictionary: sampleOf(db, id) };
  return inflateRawSync(body, options).toString('utf8');
}
