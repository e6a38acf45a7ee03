import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringifyCanonical } from '../../../../pipeline/fingerprint/canonical.ts';
import { type FingerprintRecord, hashRecord } from '../../../../pipeline/fingerprint/record.ts';

const digest = (letter: string) => letter.repeat(64);

const record: FingerprintRecord = {
  schema: 2,
  node: 'train/MLP1_0.2',
  cell: { model: 'MLP1', p: 0.2 },
  run: { kind: 'module', text: 'stages/train.ts' },
  code: digest('a') as NonNullable<FingerprintRecord['code']>,
  params: { 'engine.name': 'onnx', 'config.epochs': 3, url: null, levels: [0, 1] },
  env: { CUDA_VISIBLE_DEVICES: null, LANG: 'hmac:c' },
  inputs: {
    data: [{ node: 'corrupt/0.2', cell: { p: 0.2 }, content: `tree:${digest('b')}` }],
    notes: [{ node: null, cell: {}, content: `file:${digest('c')}` }],
  },
  paths: { data: ['data/0.2'], notes: ['notes.txt'] },
  outputs: { metrics: 'metrics.jsonl' },
};

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** Every way to change one value of a JSON tree or drop one key, as changed copies. */
function changesOf(value: Plain): Plain[] {
  if (Array.isArray(value)) {
    return [
      [...value, 'more'],
      ...value.flatMap((item, i) => changesOf(item).map((changed) => value.with(i, changed))),
    ];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => {
      const { [key]: _, ...rest } = value;
      return [rest, ...changesOf(item).map((changed) => ({ ...value, [key]: changed }))];
    });
  }
  return [`${value}!`, value === null ? 0 : null];
}

/** The same JSON with the keys of every object in another order. */
function shuffleKeys(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffleKeys(item, seed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, shuffleKeys(item, seed)] as const,
  );
  const turn = seed % Math.max(1, entries.length);
  return Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)].reverse());
}

describe('the fingerprint of a record', () => {
  it('is pinned: a change of its form makes every result of every user new', () => {
    expect(hashRecord(record)).toBe(
      '43734b15707b4f7face48110f7614989d669b3f19556cb0997928b8c3dd1cd8b',
    );
  });

  it('changes with any value, anywhere', () => {
    const hashes = changesOf(record as unknown as Plain).map((changed) =>
      hashRecord(changed as unknown as FingerprintRecord),
    );
    expect(hashes.length).toBeGreaterThan(40);
    expect(hashes).not.toContain(hashRecord(record));
  });

  it('does not depend on the order of keys', () => {
    for (let seed = 0; seed < 12; seed++) {
      expect(hashRecord(shuffleKeys(record, seed) as FingerprintRecord)).toBe(hashRecord(record));
    }
  });
});

describe('stringifyCanonical', () => {
  const json = fc.jsonValue({ noUnicodeString: false });

  it('gives one text for one value, whatever the order of keys', () => {
    fc.assert(
      fc.property(json, fc.nat(), (value, seed) => {
        expect(stringifyCanonical(shuffleKeys(value, seed))).toBe(stringifyCanonical(value));
      }),
    );
  });

  it('gives different texts for different values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [textA, textB] = [stringifyCanonical(a), stringifyCanonical(b)];
        // Negative zero is zero in JSON.
        const [backA, backB] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        if (textA === textB) expect(backA).toEqual(backB);
        else expect(backA).not.toEqual(backB);
      }),
    );
  });

  it('keeps keys that look like numbers or like members of Object', () => {
    const value = JSON.parse('{"__proto__":1,"10":2,"9":3,"constructor":4}') as unknown;
    expect(JSON.parse(stringifyCanonical(value))).toEqual(value);
    expect(stringifyCanonical(value)).toContain('"__proto__":1');
  });
});

describe('canonical JSON', () => {
  /** What it was defined by when the first fingerprints were made. */
  const defined = (value: unknown) =>
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    );

  it('is the text that it has always been, numbers as keys included', () => {
    const key = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom('0', '10', '9', '01', '4294967294', '4294967295', '1e3', '-1', '__proto__'),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()), (value, object) => {
        expect(stringifyCanonical(value)).toBe(defined(value));
        expect(stringifyCanonical(object)).toBe(defined(object));
      }),
    );
    expect(stringifyCanonical({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});
