import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitName, LONGEST_NAME } from '../../../../pipeline/system/fit-name.ts';

describe('a fitted name', () => {
  it('is the text itself where that is short, without folders', () => {
    expect(fitName('train/MLP1_0.2')).toBe('train--MLP1_0.2');
    expect(fitName('train/-1')).toBe('train---1');
    expect(fitName('a--b')).not.toBe(fitName('a/b'));
  });

  it('leaves room for an ending, whatever the text, and is another for another text', () => {
    const dashes = fc.string({ unit: fc.constantFrom('a', '-', '/'), minLength: 1, maxLength: 9 });
    const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), dashes);
    fc.assert(
      fc.property(text, text, (one, other) => {
        const name = fitName(one);
        expect(Buffer.byteLength(`${name}.attempt-10.log`)).toBeLessThanOrEqual(LONGEST_NAME);
        expect(name).not.toContain('/');
        expect(fitName(one)).toBe(name);
        if (one !== other) expect(fitName(other)).not.toBe(name);
      }),
    );
    const long = 'x'.repeat(300);
    expect(fitName(`${long}a`)).not.toBe(fitName(`${long}b`));
    expect(fitName(`${long}a`)).toMatch(/^x{100}/);
  });
});
