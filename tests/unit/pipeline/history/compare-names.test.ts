import { expect, it } from 'vitest';
import { compareNames } from '../../../../pipeline/history/compare-names.ts';

it('numbers in names are in the order of numbers, decimals too', () => {
  const sorted = [
    'plot',
    'train',
    'train/lr=1e-05,seed=2',
    'train/lr=0.003,seed=2',
    'train/lr=0.003,seed=10',
    'train/lr=0.01,seed=1',
    'train/lr=0.1',
    'train/lr=0.1,seed=1',
    'train/lr=1,seed=1',
  ];
  expect([...sorted].reverse().sort(compareNames)).toEqual(sorted);
});

it('digits that are too large for a number are equal, and what follows tells', () => {
  expect(['1e999b', '9e999a', '8'].sort(compareNames)).toEqual(['8', '9e999a', '1e999b']);
});
