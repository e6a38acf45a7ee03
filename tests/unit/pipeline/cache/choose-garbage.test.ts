import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseGarbage,
  type Holdings,
  type StoredResult,
} from '../../../../pipeline/cache/choose-garbage.ts';
import { type Digest, hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Fingerprint } from '../../../../pipeline/fingerprint/record.ts';

const digests = Array.from({ length: 12 }, (_, i) => hashBytes(`object ${i}`));
const names = Array.from({ length: 8 }, (_, i) => hashBytes(`result ${i}`) as Fingerprint);
const time = fc.integer({ min: 0, max: 100 });

const holdings: fc.Arbitrary<Holdings> = fc.record({
  objects: fc
    .tuple(...digests.map(() => time))
    .map((times) => digests.map((name, i) => ({ name, size: i + 1, touchedAt: times[i] ?? 0 }))),
  results: fc.tuple(...names.map(() => fc.tuple(time, fc.subarray(digests)))).map((rows) =>
    names.map(
      (name, i): StoredResult => ({
        name,
        node: `node${i % 4}`,
        size: 1,
        touchedAt: rows[i]?.[0] ?? 0,
        declared: null,
        objects: rows[i]?.[1] ?? [],
      }),
    ),
  ),
  needed: fc.subarray(names).map((some) => new Set(some)),
  undecided: fc.subarray(['node0', 'node1']).map((some) => new Set(some)),
  roots: fc.subarray(digests).map((some) => new Set(some)),
  usage: fc.array(fc.tuple(fc.constantFrom(...names), time)).map((entries) => new Map(entries)),
});
const policy = fc.record({
  usedSince: time,
  freshSince: time,
  limit: fc.option(fc.integer({ min: 0, max: 60 })),
});

describe('choosing garbage', () => {
  it('never takes an object from a result that stays, nor what is fresh or a root', () => {
    fc.assert(
      fc.property(holdings, policy, (has, how) => {
        const { results, objects } = chooseGarbage(has, how);
        const gone = new Set<Digest>(objects.map(({ name }) => name));
        const kept = has.results.filter((result) => !results.includes(result));
        expect(
          kept.flatMap((result) => result.objects).filter((digest) => gone.has(digest)),
        ).toEqual([]);
        expect([...has.roots].filter((digest) => gone.has(digest))).toEqual([]);
        expect(objects.filter(({ touchedAt }) => touchedAt >= how.freshSince)).toEqual([]);
      }),
    );
  });

  it('keeps what is needed, fresh or of an undecided node, at whatever limit', () => {
    fc.assert(
      fc.property(holdings, policy, (has, how) => {
        for (const result of chooseGarbage(has, { ...how, limit: 0 }).results) {
          expect(has.needed.has(result.name)).toBe(false);
          expect(has.undecided.has(result.node)).toBe(false);
          expect(result.touchedAt).toBeLessThan(how.freshSince);
        }
      }),
    );
  });

  it('takes, without a limit, exactly the results that nobody used lately', () => {
    fc.assert(
      fc.property(holdings, policy, (has, how) => {
        const gone = new Set(chooseGarbage(has, { ...how, limit: null }).results);
        for (const result of has.results) {
          const used = Math.max(result.touchedAt, has.usage.get(result.name) ?? 0) > how.usedSince;
          const stays =
            used ||
            has.needed.has(result.name) ||
            has.undecided.has(result.node) ||
            result.touchedAt >= how.freshSince;
          expect(gone.has(result)).toBe(!stays);
        }
      }),
    );
  });

  it('lets the least recently used go first until the rest fits', () => {
    const objects = digests.slice(0, 3).map((name) => ({ name, size: 10, touchedAt: 0 }));
    const results = objects.map(({ name }, i) => ({
      name: names[i] ?? (name as string as Fingerprint),
      node: `node${i}`,
      size: 1,
      touchedAt: 50 + i,
      declared: null,
      objects: [name],
    }));
    const none = { needed: new Set<Fingerprint>(), undecided: new Set<string>() };
    const { results: gone, objects: lost } = chooseGarbage(
      { objects, results, ...none, roots: new Set(), usage: new Map() },
      { usedSince: 10, freshSince: 90, limit: 25 },
    );
    expect(gone.map(({ node }) => node)).toEqual(['node0']);
    expect(lost.map(({ name }) => name)).toEqual([digests[0]]);
  });
});
