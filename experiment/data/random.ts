/**
 * Named random streams: every use of randomness opens its own stream by name, so that adding one
 * use never shifts the numbers of another.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, taken from the SHA-256 of
 * `<seed>/<name>`. Only integer arithmetic, `Math.sqrt` and V8's portable `Math.log` are used: the
 * numbers are the same on every machine.
 */

import { createHash } from 'node:crypto';

const TWO_TO_32 = 2 ** 32;
const WARM_UP_ROUNDS = 12;

/** A deterministic sequence of random numbers. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;
  #spareNormal: number | null = null;

  /** Starts from 128 bits of state, given as four 32-bit integers. */
  constructor(a: number, b: number, c: number, counter: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#counter = counter | 0;
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) this.uint32();
  }

  /** An integer, uniform in 0 … 2³² − 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number, uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * An integer, uniform in 0 … `n` − 1, without bias: draws beyond `n` are rejected.
   * Throws a RangeError unless `n` is an integer in 1 … 2³².
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_TO_32) {
      throw new RangeError(`integer(n) needs an integer n from 1 to 2^32, got ${n}`);
    }
    if (n === 1) return 0;
    const shift = Math.clz32(n - 1);
    for (;;) {
      const value = this.uint32() >>> shift;
      if (value < n) return value;
    }
  }

  /** A number from the standard normal distribution (Marsaglia's polar method). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.#spareNormal = y * factor;
        return x * factor;
      }
    }
  }

  /**
   * A uniformly random order of 0 … `n` − 1 (Fisher–Yates).
   *
   * @throws RangeError where `n` is above 2^32
   */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i += 1) order[i] = i;
    this.shuffle(order);
    return order;
  }

  /**
   * Puts the entries of `order` in a uniformly random order, in place (Fisher–Yates).
   *
   * @throws RangeError where `order` is longer than 2^32
   */
  shuffle(order: Uint32Array): void {
    for (let last = order.length - 1; last > 0; last -= 1) {
      const chosen = this.integer(last + 1);
      const moved = order[last] as number;
      order[last] = order[chosen] as number;
      order[chosen] = moved;
    }
  }
}

/** Opens the stream of this name; streams of other names or seeds are independent of it. */
export function openStream(seed: number, name: string): RandomStream {
  const digest = createHash('sha256').update(`${seed}/${name}`).digest();
  return new RandomStream(
    digest.readInt32LE(0),
    digest.readInt32LE(4),
    digest.readInt32LE(8),
    digest.readInt32LE(12),
  );
}
