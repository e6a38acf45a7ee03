/**
 * Reads and writes `.safetensors` (github.com/huggingface/safetensors, "Format"): eight bytes with
 * the length of a JSON header, little-endian, the header, then the tensors' bytes without gaps. The
 * header is padded with spaces so that the data begins at a multiple of 8.
 */

import { countValues, type Shape } from '../models/shapes.ts';

export interface SafeTensor {
  readonly shape: Shape;
  /** Row by row: float32 (F32) or bytes (U8). */
  readonly data: Float32Array | Uint8Array;
}

export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
const METADATA_KEY = '__metadata__';
const TYPES = { F32: Float32Array, U8: Uint8Array } as const;

/**
 * The bytes of a file with these tensors: float32 ones first, so that each is aligned, and by name
 * within a type; the same tensors always give the same bytes.
 *
 * @throws RangeError for a name that the format keeps for itself, or a shape of another size than
 * its values
 */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const header: Record<string, unknown> = {};
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    header[METADATA_KEY] = Object.fromEntries(keys.map((key) => [key, metadata[key]]));
  }
  const sortKey = ([name, tensor]: [string, SafeTensor]) => `${typeOf(tensor)} ${name}`;
  const ordered = [...tensors].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  let offset = 0;
  for (const [name, tensor] of ordered) {
    if (name === METADATA_KEY) throw new RangeError(`a tensor cannot be called ${METADATA_KEY}`);
    if (countValues(tensor.shape) !== tensor.data.length) {
      throw new RangeError(
        `${name} has ${tensor.data.length} values, not [${tensor.shape.join()}]`,
      );
    }
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: typeOf(tensor), shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(LENGTH_BYTES + headerLength + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength).set(text, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerLength;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/** Reads the bytes of a file. Throws a RangeError that says what is wrong with a damaged one. */
export function decodeSafetensors(file: Uint8Array): SafeTensors {
  const { header, dataStart } = readHeader(file);
  const tensors = new Map<string, SafeTensor>();
  let metadata: Record<string, string> = {};
  const ranges: (readonly [number, number])[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA_KEY) {
      metadata = readMetadata(entry);
      continue;
    }
    const { type, shape, begin, end } = readEntry(name, entry);
    const size = countValues(shape) * TYPES[type].BYTES_PER_ELEMENT;
    if (end - begin !== size || dataStart + end > file.length) {
      throw new RangeError(`the tensor ${name} does not lie where the header says`);
    }
    ranges.push([begin, end]);
    // A copy, because a file's bytes are not aligned; Buffer's own slice() would not make one.
    const bytes = new Uint8Array(file.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { shape, data: new TYPES[type](bytes.buffer) });
  }
  checkGaps(ranges, file.length - dataStart);
  return { tensors, metadata };
}

function readHeader(file: Uint8Array) {
  if (file.length < LENGTH_BYTES) throw new RangeError('the file is shorter than its header');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(file.length - LENGTH_BYTES)) {
    throw new RangeError('the file is shorter than its header');
  }
  const dataStart = LENGTH_BYTES + Number(length);
  const text = new TextDecoder().decode(file.subarray(LENGTH_BYTES, dataStart));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new RangeError('the header is not JSON');
  }
  if (!isRecord(header)) throw new RangeError('the header is not a JSON object');
  return { header, dataStart };
}

function readMetadata(entry: unknown): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(isRecord(entry) ? entry : {})) {
    if (typeof value !== 'string') throw new RangeError(`the metadata ${key} is not a string`);
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

function readEntry(name: string, entry: unknown) {
  if (!isRecord(entry)) throw new RangeError(`the header's entry ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'U8') {
    throw new RangeError(`the tensor ${name} is ${String(dtype)}; F32 and U8 are read`);
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new RangeError(`the header's entry ${name} is malformed`);
  }
  const [begin = 0, end = 0] = offsets;
  return { type: dtype, shape, begin, end } as const;
}

/** The format allows no byte that belongs to no tensor or to two. */
function checkGaps(ranges: readonly (readonly [number, number])[], dataLength: number): void {
  let position = 0;
  for (const [begin, end] of ranges.toSorted(([a, b], [c, d]) => a - c || b - d)) {
    if (begin !== position) throw new RangeError('the tensors overlap or leave a gap');
    position = end;
  }
  if (position !== dataLength) throw new RangeError('the data is not as long as the tensors');
}

function typeOf({ data }: SafeTensor): keyof typeof TYPES {
  return data instanceof Float32Array ? 'F32' : 'U8';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((size: unknown) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}
