/**
 * Writes messages in protobuf's wire format (protobuf.dev/programming-guides/encoding): a sequence
 * of fields, each a tag (field number and wire type) and a value.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** One message under construction: append its fields, then take its bytes. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** An int32, int64 or enum field; `value` is a safe integer, negative ones included. */
  integer(field: number, value: number): this {
    return this.#append(tag(field, VARINT)).#append(varint(BigInt.asUintN(64, BigInt(value))));
  }

  /** A float field, single precision. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(tag(field, FIXED_32)).#append(bytes);
  }

  /** A bytes field, or a message given by its bytes. */
  bytes(field: number, value: Uint8Array): this {
    return this.#append(tag(field, LENGTH_DELIMITED))
      .#append(varint(BigInt(value.length)))
      .#append(value);
  }

  /** A string field. */
  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A field that is itself a message. */
  message(field: number, value: MessageWriter): this {
    return this.bytes(field, value.finish());
  }

  /** The bytes of the message. */
  finish(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  #append(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(BigInt(field * 8 + wireType));
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
