import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverPlaces, touchesPlace } from '../../../../pipeline/lease/read-places.ts';

describe('the places that a lease names', () => {
  it('cover all that its stage reads, and are few', () => {
    const step = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('/'));
    fc.assert(
      fc.property(fc.array(path, { maxLength: 400 }), (paths) => {
        const places = coverPlaces(paths);
        expect(places.length).toBeLessThanOrEqual(100);
        for (const one of paths) expect(touchesPlace(one, places)).toBe(true);
        if (new Set(paths).size <= 100) expect(new Set(places)).toEqual(new Set(paths));
      }),
    );
  });

  it('are touched by what is at, above or below them, and by nothing beside', () => {
    expect(['a/b', 'a', 'a/b/c'].every((path) => touchesPlace(path, ['a/b']))).toBe(true);
    expect(['a/bc', 'a/c', 'b'].some((path) => touchesPlace(path, ['a/b']))).toBe(false);
    expect(touchesPlace('x', ['.'])).toBe(true);
  });
});
