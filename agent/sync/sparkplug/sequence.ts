/** The two counters of Sparkplug, both 0 to 255 and then 0 again. */

export function nextOfByte(value: number): number {
  return (value + 1) % 256;
}

/** Numbers the messages of one birth: NBIRTH has 0, each later message one more. */
export class MessageSequence {
  #next = 0;

  /** For an NBIRTH. */
  restart(): number {
    this.#next = 1;
    return 0;
  }

  take(): number {
    const value = this.#next;
    this.#next = nextOfByte(value);
    return value;
  }
}
