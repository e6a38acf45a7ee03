import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptCode } from '../../../../pipeline/cache/kept-content.ts';
import { compareRecords } from '../../../../pipeline/explain/compare-records.ts';
import {
  type Digest,
  hashBytes,
  stringifyCanonical,
} from '../../../../pipeline/fingerprint/canonical.ts';
import type {
  ContentId,
  Fingerprint,
  FingerprintRecord,
} from '../../../../pipeline/fingerprint/record.ts';

const base: FingerprintRecord = {
  schema: 2,
  node: 'a/1',
  cell: { i: 1 },
  run: { kind: 'module', text: 'a.ts' },
  code: hashBytes('one'),
  params: { rate: 1, nested: { deep: [1], other: 2 } },
  env: { MODE: null },
  inputs: { w: [{ node: 'b', cell: {}, content: 'file:1' }] },
  paths: { w: ['b.txt'] },
  outputs: { o: 'out' },
};

const codes = new Map<Digest, KeptCode>([
  [hashBytes('one'), { modules: { 'a.ts': hashBytes('a') }, packages: { 'p@1.0.0': 'x' } }],
  [
    hashBytes('two'),
    {
      modules: { 'a.ts': hashBytes('b'), 'c.ts': hashBytes('c') },
      packages: { 'p@1.0.0': 'y', '@s/q@2.0.0': 'z' },
    },
  ],
]);
const compare = (after: Partial<FingerprintRecord>) =>
  compareRecords(base, { ...base, ...after }, (digest) => codes.get(digest) ?? null);

const content = fc.constantFrom<ContentId>('file:1', 'file:2', 'tree:1', 'file:volatile');
const source = fc.record(
  {
    node: fc.constantFrom(null, 'b', 'c'),
    cell: fc.constantFrom({}, { i: 1 }),
    content,
    fingerprint: fc.constantFrom(...['one', 'two'].map((text) => hashBytes(text) as Fingerprint)),
  },
  { requiredKeys: ['node', 'cell', 'content'] },
);
const json = fc.constantFrom(null, 1, 'x', [1, 2], [2, 1], {}, { k: 1 }, { k: { l: 1 } });
const record: fc.Arbitrary<FingerprintRecord> = fc.record({
  schema: fc.constant(2 as const),
  node: fc.constantFrom('a/1', 'a/2'),
  cell: fc.constantFrom({ i: 1 }, { i: 2 }),
  run: fc.constantFrom(
    { kind: 'module' as const, text: 'a.ts' },
    { kind: 'command' as const, text: 'x' },
  ),
  code: fc.constantFrom(null, hashBytes('one'), hashBytes('two'), hashBytes('lost')),
  params: fc.dictionary(fc.constantFrom('rate', 'nested'), json),
  env: fc.dictionary(fc.constantFrom('MODE', 'HOST'), fc.constantFrom(null, 'hmac:x' as const)),
  inputs: fc.dictionary(fc.constantFrom('w', 'v'), fc.array(source, { maxLength: 3 })),
  paths: fc.dictionary(
    fc.constantFrom('w', 'v'),
    fc.array(fc.constantFrom('b.txt', 'c.txt'), { minLength: 1, maxLength: 2 }),
  ),
  outputs: fc.dictionary(fc.constantFrom('o', 'p'), fc.constantFrom('out', 'put')),
});
/** Two records that often differ in little. */
const pair = fc
  .tuple(record, record, fc.array(fc.constantFrom(...Object.keys(base)), { maxLength: 3 }))
  .map(([one, other, keys]) => {
    const changed = Object.fromEntries(Object.entries(other).filter(([key]) => keys.includes(key)));
    return [one, { ...one, ...changed } as FingerprintRecord] as const;
  });

describe('compareRecords', () => {
  it('finds something exactly where records differ', () => {
    const readCode = (digest: Digest) => codes.get(digest) ?? null;
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const isSame = stringifyCanonical(before) === stringifyCanonical(after);
        expect(compareRecords(before, after, readCode).length === 0).toBe(isSame);
      }),
      { numRuns: 1000 },
    );
  });

  it('names members of parameters that changed, and keeps absent and null apart', () => {
    const { params } = base;
    expect(compare({ params: { ...params, nested: { deep: [1, 2], other: 2 } } })).toEqual([
      { kind: 'parameter', name: 'nested.deep', before: [1], after: [1, 2] },
    ]);
    expect(compare({ params: { rate: null, nested: params['nested'] ?? null } })).toEqual([
      { kind: 'parameter', name: 'rate', before: 1, after: null },
    ]);
    expect(compare({ params: { nested: params['nested'] ?? null } })).toEqual([
      { kind: 'parameter', name: 'rate', before: 1 },
    ]);
  });

  it('names modules, and packages by name with their versions or, rebuilt, their integrity', () => {
    expect(compare({ code: hashBytes('two') })).toEqual([
      { kind: 'module', path: 'a.ts', change: 'changed', patch: null },
      { kind: 'module', path: 'c.ts', change: 'added', patch: null },
      { kind: 'package', name: 'p', before: ['1.0.0 (x)'], after: ['1.0.0 (y)'] },
      { kind: 'package', name: '@s/q', before: [], after: ['2.0.0'] },
    ]);
    expect(compare({ code: hashBytes('not kept') })).toEqual([{ kind: 'code' }]);
  });

  it('matches the sources of an input by node, whatever their place', () => {
    const sources = [
      { node: 'c', cell: {}, content: 'file:3' as const },
      { node: 'b', cell: {}, content: 'file:2' as const },
    ];
    expect(compare({ inputs: { w: sources } })).toMatchObject([
      { name: 'w', node: 'c', index: 0, change: 'added', before: null, after: 'file:3' },
      { name: 'w', node: 'b', index: 1, change: 'changed', before: 'file:1', after: 'file:2' },
    ]);
    const reversed = compareRecords(
      { ...base, inputs: { w: sources } },
      { ...base, inputs: { w: [...sources].reverse() } },
      () => null,
    );
    expect(reversed).toMatchObject([{ kind: 'input', name: 'w', change: 'reordered' }]);
  });
});
