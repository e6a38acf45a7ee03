import { expect, it } from 'vitest';
import { wordPower } from '../../../../experiment/data/powers.ts';

it('writes powers of ten as people do', () => {
  expect([0, 9.72e-10, 0.00099, 0.0123, 0.99, 1, 99.6, 120, 6.02e23].map(wordPower)).toEqual([
    ...['0', '9.7 × 10⁻¹⁰', '9.9 × 10⁻⁴', '0.012', '0.99', '1.0', '1.0 × 10²'],
    ...['1.2 × 10²', '6.0 × 10²³'],
  ]);
});
