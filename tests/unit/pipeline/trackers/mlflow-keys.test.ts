import { expect, it } from 'vitest';
import { toMlflowEntries, toMlflowKey } from '../../../../pipeline/trackers/mlflow/mlflow-keys.ts';

it.each([
  ['epoch/val loss', 'epoch/val loss'],
  ['/a//b/', 'a/b'],
  ['../a/./..b', '__/a/_/..b'],
  ['größe [%]', 'gr__e ___'],
  ['//', '_'],
])('makes of %j the key %j', (name, key) => {
  expect(toMlflowKey(name)).toBe(key);
});

it('cuts long names so that they stay apart', () => {
  const [one, other] = ['x', 'y'].map((end) => toMlflowKey('a'.repeat(300) + end));
  expect(one).toHaveLength(250);
  expect(one).not.toBe(other);
});

it('gives a key once, with its first value', () => {
  const entries = toMlflowEntries({ 'a/b': 1, 'a//b': 'two' }, '', 500);
  expect(entries).toEqual([{ key: 'a/b', value: '1' }]);
});
