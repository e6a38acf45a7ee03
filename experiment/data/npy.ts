/**
 * NumPy's `.npy` files, format version 1.0, C order, little-endian.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { type FileHandle, open } from 'node:fs/promises';
import { fail } from './failure.ts';

/** The element types that the project stores: uint8, int32 and float32. */
type NpyData = Uint8Array | Int32Array | Float32Array;

/** An array of any rank: its shape, and its elements in C order (last axis fastest). */
export interface NpyArray<Data extends NpyData = NpyData> {
  readonly shape: readonly number[];
  readonly data: Data;
}

const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
const PREFIX_BYTES = MAGIC.length + 2;
const ALIGNMENT = 64;
// One system call moves at most 2 GiB − 4 KiB on Linux.
const CHUNK_BYTES = 2 ** 28;

const ELEMENT_TYPES = {
  '|u1': Uint8Array,
  '<i4': Int32Array,
  '<f4': Float32Array,
} as const;
type Descriptor = keyof typeof ELEMENT_TYPES;

/**
 * Writes an array; the bytes equal those of `numpy.save`.
 *
 * @throws RangeError where the data has not as many elements as the shape
 */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  const expected = countElements(array.shape);
  if (array.data.length !== expected) {
    throw new RangeError(
      `shape (${array.shape.join(', ')}) has ${expected} elements, the data ${array.data.length}`,
    );
  }
  const file = await open(path, 'w');
  try {
    await writeAll(file, encodeHeader(describe(array.data), array.shape));
    await writeAll(file, asBytes(array.data));
  } finally {
    await file.close();
  }
}

/** Reads an array. Fails with a message for the user where the file is missing or damaged. */
export async function readNpy(path: string): Promise<NpyArray> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) =>
    fail(`cannot read ${path}: ${error.message}`),
  );
  try {
    const size = (await file.stat()).size;
    const prefix = Buffer.alloc(PREFIX_BYTES);
    const complete = await readAll(file, prefix, 0);
    if (!complete || !prefix.subarray(0, MAGIC.length).equals(MAGIC)) {
      return fail(
        `${path} is not a .npy file of version 1.0: it does not begin with \\x93NUMPY 1.0`,
      );
    }
    const header = Buffer.alloc(prefix.readUInt16LE(MAGIC.length));
    if (!(await readAll(file, header, PREFIX_BYTES))) {
      return fail(`${path} is damaged: it ends within its header, after ${size} bytes`);
    }
    const { descriptor, shape } = parseHeader(path, header.toString('latin1'));
    const elementType = ELEMENT_TYPES[descriptor];
    const dataStart = PREFIX_BYTES + header.length;
    const expected = countElements(shape) * elementType.BYTES_PER_ELEMENT;
    if (size - dataStart !== expected) {
      return fail(
        `${path} is damaged: its shape (${shape.join(', ')}) of ${descriptor} needs ` +
          `${expected} bytes of data, the file holds ${size - dataStart}`,
      );
    }
    const data = new elementType(expected / elementType.BYTES_PER_ELEMENT);
    if (!(await readAll(file, asBytes(data), dataStart))) {
      return fail(`${path} became shorter while it was read`);
    }
    return { shape, data };
  } finally {
    await file.close();
  }
}

function describe(data: NpyData): Descriptor {
  if (data instanceof Uint8Array) return '|u1';
  return data instanceof Int32Array ? '<i4' : '<f4';
}

/** The header padded with blanks so that the data begin at a multiple of 64 bytes. */
function encodeHeader(descriptor: Descriptor, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const total = Math.ceil((PREFIX_BYTES + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, ' ');
  MAGIC.copy(header);
  header.writeUInt16LE(total - PREFIX_BYTES, MAGIC.length);
  header.write(text, PREFIX_BYTES, 'latin1');
  header.write('\n', total - 1, 'latin1');
  return header;
}

function parseHeader(path: string, text: string): { descriptor: Descriptor; shape: number[] } {
  const descriptor = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const tuple = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descriptor === undefined || order === undefined || tuple === undefined) {
    return fail(
      `${path} is damaged: its header lacks descr, fortran_order or shape: ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  if (!isDescriptor(descriptor)) {
    return fail(
      `${path} holds elements of type '${descriptor}'; expected one of ${Object.keys(ELEMENT_TYPES).join(', ')}`,
    );
  }
  if (order === 'True') {
    return fail(
      `${path} is in Fortran order; expected C order: save numpy.ascontiguousarray(array)`,
    );
  }
  const shape = tuple
    .split(',')
    .map((length) => length.trim())
    .filter((length) => length !== '')
    .map(Number);
  return { descriptor, shape };
}

function isDescriptor(text: string): text is Descriptor {
  return Object.hasOwn(ELEMENT_TYPES, text);
}

function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function asBytes(data: NpyData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(CHUNK_BYTES, bytes.length - done);
    done += (await file.write(bytes, done, length)).bytesWritten;
  }
}

/** Fills `bytes` from `position` on; false where the file ends before. */
async function readAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(CHUNK_BYTES, bytes.length - done);
    const { bytesRead } = await file.read(bytes, done, length, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
