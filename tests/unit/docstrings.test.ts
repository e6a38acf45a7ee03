import { describe, expect, test } from 'vitest';
import { readDocstrings } from '../fixtures/docstrings.ts';
import { listSources, readSource } from '../fixtures/sources.ts';

/** Copied into new workspaces, for whose authors it is written. */
const TEMPLATE = 'pipeline/init/templates/';

const files = ['pipeline', 'stages', 'experiment', 'commands']
  .flatMap(listSources)
  .filter((path) => !path.startsWith(TEMPLATE))
  .map((path) => ({ path, ...readDocstrings(path, readSource(path)) }));
const engine = files.filter(({ path }) => path.startsWith('pipeline/'));

test('every file of the engine says first which part of the story it is', () => {
  expect(engine.filter(({ head }) => head === null).map(({ path }) => path)).toEqual([]);
});

test('everything that the engine exports has a docstring', () => {
  const bare = engine.flatMap(({ path, exported }) =>
    exported.filter(({ doc }) => doc === null).map(({ name }) => `${path}: ${name}`),
  );
  expect(bare).toEqual([]);
});

test('what throws an error of its own making says so', () => {
  const silent = files.flatMap(({ path, exported }) =>
    exported
      .filter(({ throws, doc }) => throws && !/throw|fail|reject/i.test(doc ?? ''))
      .map(({ name }) => `${path}: ${name}`),
  );
  expect(silent).toEqual([]);
});

test('no docstring takes its sense from the one before', () => {
  const leaning = files.flatMap(({ path, docs }) =>
    docs
      .filter((doc) => /^(Those|That of|The same (of|for|as)|Likewise|And|Also)\b/.test(doc))
      .map((doc) => `${path}: ${doc}`),
  );
  expect(leaning).toEqual([]);
});

describe('what the tests above go by', () => {
  const text = [
    '/** What the file is for. */',
    '',
    '/** Doubles. @throws Error for none */',
    'export function double(n: number) { return check(n) * 2; }',
    'function check(n: number) { if (n === 0) throw new Error("none"); return n; }',
    'export class Box {',
    '  /** Those of others. */',
    '  open() { this.#see(); }',
    '  #see() { try { double(1); } catch (error) { throw error; } throw refuse(); }',
    '}',
  ].join('\n');

  test('a head stands alone, and a docstring at what it is for', () => {
    const { head, docs, exported } = readDocstrings('x.ts', text);
    expect(head).toBe('What the file is for.');
    expect(docs).toEqual([
      'What the file is for.',
      'Doubles. @throws Error for none',
      'Those of others.',
    ]);
    expect(exported).toEqual([
      { name: 'double', doc: 'Doubles. @throws Error for none', throws: true },
      { name: 'Box', doc: null, throws: false },
      { name: 'Box.open', doc: 'Those of others.', throws: true },
    ]);
    expect(readDocstrings('x.ts', '/** What it is. */\nexport const one = 1;').head).toBeNull();
  });

  test('a call of what only throws is a throw', () => {
    const failing = [
      "import { fail } from '../data/failure.ts';",
      'export const check = () => 1;',
      "export function read() { return fail('no file'); }",
    ].join('\n');
    expect(readDocstrings('x.ts', failing).exported[1]?.throws).toBe(true);
  });

  test('passing on what was caught is no error of its own making', () => {
    const passing = 'export function f() { try { g(); } catch (error) { throw error; } }';
    expect(readDocstrings('x.ts', passing).exported[0]?.throws).toBe(false);
  });
});
