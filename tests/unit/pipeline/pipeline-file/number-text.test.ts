import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLostText } from '../../../../pipeline/pipeline-file/number-text.ts';

const lostOf = (text: string, writer: 'person' | 'program' = 'person') =>
  findLostText(text, Number(text), writer)?.message ?? null;

describe('the text of a number', () => {
  it.each([
    '0',
    '7',
    '-3',
    '0.1',
    '1.0',
    '0.0',
    '-2.0',
    '.5',
    '5.',
    '1e-3',
    '5e-4',
    '1E5',
    '2.5e-05',
  ])('is kept, or means the same: %s', (text) => expect(lostOf(text)).toBeNull());

  it('is kept where it is how a number is shown', () => {
    const shown = fc.oneof(
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(fc.property(shown, (value) => lostOf(String(value)) === null));
  });

  it.each([
    ['001', 'would be seen as 1: a number has no zeros in front'],
    ['017', 'would be seen as 17'],
    ['-08', 'would be seen as -8'],
    ['0x10', 'would be seen as 16: numbers are decimal'],
    ['0o17', 'would be seen as 15'],
    ['3.10', 'would be seen as 3.1: a number has no zeros at its end'],
    ['1.00', 'would be seen as 1'],
    ['12345e7', 'would be seen as 123450000000: the e is read as an exponent'],
    ['+49', 'would be seen as 49: a number has no plus sign'],
    ['-0', 'would be seen as 0'],
    ['1e-400', 'would be seen as 0: it is too small'],
    ['9007199254740993', 'would be rounded to 9007199254740992'],
    ['123456789012345678901234567890', 'would be rounded to'],
    ['1e400', 'cannot be a value'],
  ])('is lost, and said to be, of %s', (text, message) => {
    expect(lostOf(text)).toContain(message);
  });

  it.each(['0.50', '3.10', '+1'])('may be padded by a program: %s', (text) => {
    expect(lostOf(text, 'program')).toBeNull();
  });

  it.each(['001', '9007199254740993'])('is lost whoever wrote it: %s', (text) => {
    expect(lostOf(text, 'program')).not.toBeNull();
  });
});
