import { describe, expect, it } from 'vitest';
import type { Cause, Reason } from '../../../../pipeline/explain/difference.ts';
import { makePatch } from '../../../../pipeline/explain/patch.ts';
import { wordCauses, wordReason } from '../../../../pipeline/explain/wording.ts';

const input = {
  kind: 'input',
  name: 'w',
  node: 'b',
  index: 0,
  path: 'out/b',
  change: 'changed',
  before: 'tree:1',
  after: 'tree:2',
  files: null,
} as const;
const file = { change: 'changed', before: 1, after: 2 } as const;

describe('wordReason', () => {
  const cases: readonly [Reason, string][] = [
    [{ kind: 'parameter', name: 'a.b', before: 1, after: 'x' }, 'parameter a.b 1 → x'],
    [{ kind: 'parameter', name: 'a', before: null, after: '' }, 'parameter a null → ""'],
    [{ kind: 'parameter', name: 'a', after: [1] }, 'parameter a added: [1]'],
    [
      { kind: 'parameter', name: 'a', before: '\u001b[31mred' },
      'parameter a removed: "\\u001b[31mred"',
    ],
    [
      { kind: 'environment', name: 'M', before: null, after: 'hmac:1' },
      'environment variable M unset → set',
    ],
    [
      { kind: 'machine', name: 'adapter', before: 'GPU, driver 1', after: 'GPU, driver 2' },
      'another adapter: GPU, driver 1 → GPU, driver 2',
    ],
    [{ kind: 'machine', name: 'adapter', after: 'GPU' }, 'adapter of this machine counts now: GPU'],
    [
      { kind: 'package', name: 'p', before: ['1.0.0', '2.0.0'], after: [] },
      'package p 1.0.0, 2.0.0 → none',
    ],
    [input, 'input w out/b from b changed'],
    [{ ...input, after: 'file:2' }, 'input w out/b from b changed from a folder to a file'],
    [
      { ...input, files: ['x', 'y', 'z'].map((path) => ({ path, ...file })) },
      'input w out/b from b: x changed, y changed and 1 more',
    ],
    [{ ...input, node: null, change: 'removed', path: null }, 'input w removed'],
    [
      {
        kind: 'module',
        path: 'a.ts',
        change: 'changed',
        patch: makePatch('a.ts', '1\n2\n', '1\n3\n4\n'),
      },
      'a.ts changed (+2 −1 lines)',
    ],
    [
      {
        kind: 'action',
        before: { kind: 'command', text: 'a b' },
        after: { kind: 'command', text: 'a\nb' },
      },
      'its command changed',
    ],
    [{ kind: 'output', name: 'o', before: 'a', after: 'b' }, 'file name of output o a → b'],
  ];
  it.each(cases)('%j', (reason, text) => {
    expect(wordReason(reason)).toBe(text);
  });

  it('cuts long values', () => {
    const reason: Reason = { kind: 'parameter', name: 'a', before: 'x'.repeat(500), after: 1 };
    expect(wordReason(reason).length).toBeLessThan(90);
  });
});

describe('wordCauses', () => {
  it('names two reasons, each once with a way, and counts the rest', () => {
    const reason = (name: string): Reason => ({ kind: 'parameter', name, before: 1, after: 2 });
    const causes: Cause[] = [
      { chain: ['a', 'z'], reason: reason('p') },
      { chain: ['b', 'z'], reason: reason('p') },
      { chain: ['z'], reason: reason('q') },
      { chain: ['z'], reason: reason('r') },
    ];
    expect(wordCauses(causes)).toBe(
      'parameter p 1 → 2 (a → z and 1 more nodes); parameter q 1 → 2; and 1 more',
    );
  });
});

describe('makePatch', () => {
  it('gives up on texts that have too little in common', () => {
    const lines = (word: string) =>
      Array.from({ length: 2000 }, (_, i) => `${word}${i}\n`).join('');
    expect(makePatch('a', lines('a'), lines('b'))).toBeNull();
  });
});
