import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../../../../experiment/data/npy.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What `numpy.save` (2.x) writes before the data. */
function numpyHeader(text: string): Buffer {
  const prefix = Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1');
  return Buffer.concat([prefix, Buffer.from(text.padEnd(0x76 - 1, ' ').concat('\n'))]);
}

describe('writeNpy', () => {
  it.each([
    ['uint8', { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) }, "'|u1'", '(2, 3)'],
    ['int32 of rank 1', { shape: [2], data: Int32Array.of(-1, 7) }, "'<i4'", '(2,)'],
    ['float32 of rank 0', { shape: [], data: Float32Array.of(0.5) }, "'<f4'", '()'],
  ])('writes the bytes of numpy.save: %s', async (name, array, type, shape) => {
    const path = join(folder, `${name}.npy`);
    await writeNpy(path, array);
    const header = numpyHeader(`{'descr': ${type}, 'fortran_order': False, 'shape': ${shape}, }`);
    expect(await readFile(path)).toEqual(
      Buffer.concat([header, new Uint8Array(array.data.buffer)]),
    );
  });

  it('writes only the part of a buffer that the array views', async () => {
    const path = join(folder, 'view.npy');
    await writeNpy(path, { shape: [2], data: Uint8Array.of(1, 2, 3, 4).subarray(1, 3) });
    expect([...(await readNpy(path)).data]).toEqual([2, 3]);
  });

  it('refuses data that do not fill the shape', async () => {
    const wrong = writeNpy(join(folder, 'wrong.npy'), { shape: [3], data: new Uint8Array(2) });
    await expect(wrong).rejects.toThrow(RangeError);
  });
});

describe('readNpy', () => {
  it('reads back what was written, NaN and all', async () => {
    const arrays = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const exact = { minLength: size, maxLength: size };
      const data = fc.oneof(fc.uint8Array(exact), fc.int32Array(exact), fc.float32Array(exact));
      return fc.record({ shape: fc.constant(shape), data });
    });
    await fc.assert(
      fc.asyncProperty(arrays, async (array) => {
        const path = join(folder, 'any.npy');
        await writeNpy(path, array);
        expect(await readNpy(path)).toEqual(array);
      }),
      { numRuns: 60 },
    );
  });

  const good = numpyHeader("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }");
  const damaged: readonly [string, Buffer, RegExp][] = [
    ['an empty file', Buffer.alloc(0), /is not a \.npy file/],
    ['another format', Buffer.from('PK\x03\x04 something else'), /is not a \.npy file/],
    ['an end within the header', good.subarray(0, 60), /ends within its header, after 60 bytes/],
    ['too few data', Buffer.concat([good, Buffer.alloc(3)]), /needs 4 bytes .* holds 3/],
    ['too many data', Buffer.concat([good, Buffer.alloc(5)]), /needs 4 bytes .* holds 5/],
    ['a header without shape', numpyHeader("{'descr': '|u1'}"), /lacks descr/],
    [
      'doubles',
      numpyHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"),
      /type '<f8'; expected one of \|u1, <i4, <f4/,
    ],
    [
      'Fortran order',
      numpyHeader("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 1), }"),
      /Fortran order/,
    ],
  ];
  it.each(damaged)('explains %s', async (_name, bytes, message) => {
    const path = join(folder, 'damaged.npy');
    await writeFile(path, bytes);
    await expect(readNpy(path)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(message),
    });
  });

  it('names a missing file', async () => {
    await expect(readNpy(join(folder, 'absent.npy'))).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringContaining('absent.npy'),
    });
  });
});
