import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Devices } from '../../../../pipeline/scheduler/devices.ts';

const IDS = ['0', '1', 'GPU-ab'];

/** Takes amounts one after the other. @returns what each was given */
function takeAll(devices: Devices, amounts: readonly number[]) {
  return amounts.map((amount) => {
    const ids = devices.find(amount);
    if (ids !== null) devices.take(amount, ids);
    return ids;
  });
}

describe('Devices', () => {
  it.each<[string, number[], (string[] | null)[]]>([
    ['two halves share one', [0.5, 0.5, 0.5], [['0'], ['0'], ['1']]],
    ['a part goes where it leaves least', [0.7, 0.4, 0.3, 0.6], [['0'], ['1'], ['0'], ['1']]],
    ['a part is never of two', [0.6, 0.6, 0.6, 0.6], [['0'], ['1'], ['GPU-ab'], null]],
    ['a whole one is one of which nothing is taken', [0.01, 1, 2], [['0'], ['1'], null]],
    ['several are whole ones, the first', [0.5, 2, 1], [['0'], ['1', 'GPU-ab'], null]],
    ['thirds add up to one', [0.33333, 0.33333, 0.33333, 1], [['0'], ['0'], ['0'], ['1']]],
    ['tenths too', [0.1, 0.2, 0.7, 3], [['0'], ['0'], ['0'], null]],
    ['a part that is all but a whole one is one', [0.999999, 0.1], [['0'], ['1']]],
    ['nothing is always there', [3, 0], [IDS, []]],
  ])('%s', (_, amounts, given) => {
    expect(takeAll(new Devices(IDS), amounts)).toEqual(given);
  });

  it('is whole again when all is given back, and never takes more of one than it is', () => {
    const amount = fc.oneof(
      fc.integer({ min: 1, max: 100 }).map((hundredths) => hundredths / 100),
      fc.integer({ min: 0, max: 3 }),
    );
    const step = fc.record({ amount, gives: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const devices = new Devices(IDS);
        const held: { amount: number; ids: readonly string[] }[] = [];
        for (const { amount, gives, which } of steps) {
          if (gives && held.length > 0) {
            const [one] = held.splice(which % held.length, 1);
            if (one !== undefined) devices.give(one.amount, one.ids);
            continue;
          }
          const ids = devices.find(amount);
          const taken = IDS.map((id) =>
            held
              .filter((one) => one.ids.includes(id))
              .reduce((sum, one) => sum + Math.min(1, one.amount), 0),
          );
          const fits =
            amount < 1
              ? taken.some((sum) => sum + amount <= 1 + 1e-9)
              : taken.filter((sum) => sum === 0).length >= amount;
          expect(ids !== null).toBe(fits);
          if (ids === null) continue;
          devices.take(amount, ids);
          held.push({ amount, ids });
          for (const [place, id] of IDS.entries()) {
            const more = ids.includes(id) ? Math.min(1, amount) : 0;
            expect((taken[place] ?? 0) + more).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
        for (const { amount, ids } of held) devices.give(amount, ids);
        expect(devices.find(3)).toEqual(IDS);
      }),
    );
  });

  it('gives back nothing that was not taken, and takes nothing twice', () => {
    const devices = new Devices(IDS);
    expect(() => devices.give(0.5, ['1'])).toThrow('was not taken');
    devices.take(0.5, ['1']);
    expect(() => devices.take(1, ['1'])).toThrow('is not free');
    // What is tried with a copy is not taken.
    devices.copy().take(0.5, ['1']);
    expect(devices.find(0.5)).toEqual(['1']);
  });
});
