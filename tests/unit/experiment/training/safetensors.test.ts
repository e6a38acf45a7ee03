import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from '../../../../experiment/training/safetensors.ts';

const vector = (...values: number[]): SafeTensor => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const bytesOf = (data: SafeTensor['data']) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

const tensor: fc.Arbitrary<SafeTensor> = fc.oneof(
  fc.float32Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
  fc.float32Array({ minLength: 6, maxLength: 6 }).map((data) => ({ shape: [2, 3], data })),
  fc.float32Array({ minLength: 1, maxLength: 1 }).map((data) => ({ shape: [], data })),
  fc.uint8Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
);
const name = fc.string().filter((text) => text !== '__metadata__' && text !== '__proto__');
const files = fc.record({
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((list) => new Map(list)),
  metadata: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
});

describe('safetensors', () => {
  it('reads back what it wrote, bit for bit', () => {
    fc.assert(
      fc.property(files, (file) => {
        const { tensors, metadata } = decodeSafetensors(encodeSafetensors(file));
        expect(metadata).toEqual(file.metadata);
        expect([...tensors.keys()].sort()).toEqual([...file.tensors.keys()].sort());
        for (const [key, { shape, data }] of file.tensors) {
          expect(tensors.get(key)?.shape).toEqual(shape);
          expect(bytesOf(tensors.get(key)?.data ?? data)).toBe(bytesOf(data));
        }
      }),
    );
  });

  it('writes the layout of the specification', () => {
    const bytes = encodeSafetensors({
      tensors: new Map([['w', { shape: [1, 2], data: Float32Array.of(1, -2) }]]),
      metadata: { b: '2', a: '1' },
    });
    const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
    const header = Buffer.from(bytes.subarray(8, 8 + length)).toString();
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}',
    );
    expect(length % 8).toBe(0);
    expect(Buffer.from(bytes.subarray(8 + length)).toString('hex')).toBe('0000803f000000c0');
  });

  it('writes the same bytes whatever the order of the tensors, each float32 one aligned', () => {
    const entries: [string, SafeTensor][] = [
      ['text', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['b', vector(2)],
      ['a', vector(1)],
    ];
    const one = encodeSafetensors({ tensors: new Map(entries), metadata: { x: '1', y: '2' } });
    const other = encodeSafetensors({
      tensors: new Map(entries.toReversed()),
      metadata: { y: '2', x: '1' },
    });
    expect(Buffer.from(one).equals(other)).toBe(true);
    expect([...decodeSafetensors(one).tensors.keys()]).toEqual(['a', 'b', 'text']);
  });

  it('refuses a truncated or altered file at every length', () => {
    const bytes = encodeSafetensors({
      tensors: new Map([
        ['a', vector(1, 2, 3)],
        ['b', vector(4)],
      ]),
      metadata: { model: 'MLP1' },
    });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(RangeError);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => decodeSafetensors(longer)).toThrow(/not as long/);
  });

  it('is read by the safetensors package of Python', async (context) => {
    const python = 'import numpy, safetensors.numpy';
    if (spawnSync('python3', ['-c', python]).status !== 0) {
      context.skip("python3 has no packages 'safetensors' and 'numpy'");
    }
    const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
    try {
      const path = join(folder, 'weights.safetensors');
      const tensors = new Map<string, SafeTensor>([
        ['dense1.weight', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
        ['metrics', { shape: [2], data: Uint8Array.of(65, 66) }],
      ]);
      await writeFile(path, encodeSafetensors({ tensors, metadata: { model: 'MLP1' } }));
      const read = `${python}
t = safetensors.numpy.load_file(${JSON.stringify(path)})
print(t['dense1.weight'].tolist(), t['metrics'].tolist())`;
      expect(spawnSync('python3', ['-c', read], { encoding: 'utf8' }).stdout.trim()).toBe(
        '[[1.0, 2.0], [3.0, 4.0]] [65, 66]',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
