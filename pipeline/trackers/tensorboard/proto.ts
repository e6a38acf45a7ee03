/**
 * Messages in protobuf's wire format: fields, each a tag (number and wire type) and a value.
 * {@link https://protobuf.dev/programming-guides/encoding/}
 */

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;

/** A message under construction. */
export class Proto {
  readonly #parts: Uint8Array[] = [];

  /** int32, int64, bool or enum: the nearest whole number; a negative one as its complement to 2⁶⁴, in ten bytes. */
  count(field: number, value: number): this {
    const whole = Math.round(value);
    const bytes = whole < 0 ? longVarint(BigInt.asUintN(64, BigInt(whole))) : varint(whole);
    this.#parts.push(varint(field * 8 + VARINT), bytes);
    return this;
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(varint(field * 8 + FIXED_64), bytes);
    return this;
  }

  /** A repeated field of floats, which lie one behind the other. */
  floats(field: number, values: readonly number[]): this {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [place, value] of values.entries()) bytes.writeFloatLE(value, 4 * place);
    return this.bytes(field, bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(varint(field * 8 + BYTES), varint(value.length), value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  message(field: number, value: Proto): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function longVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
