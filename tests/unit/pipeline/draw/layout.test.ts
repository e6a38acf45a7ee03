import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arrow } from '../../../../pipeline/draw/diagram.ts';
import { arrangeLayers } from '../../../../pipeline/draw/layers.ts';
import { keepApart, placeSlots } from '../../../../pipeline/draw/place-slots.ts';

/** A random graph without cycles: boxes `0`, `1`, … with arrows from lower to higher numbers. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 14 })
  .map((needs) => {
    const ids = needs.map((_, i) => String(i));
    const arrows = needs.flatMap((list, i) =>
      i === 0
        ? []
        : [...new Set(list.map((n) => n % i))].map(
            (j): Arrow => ({ from: String(j), to: String(i), kind: 'data' }),
          ),
    );
    return { ids, arrows };
  });

describe('arrangeLayers', () => {
  it('puts each box in one layer, and leads each arrow forward through every layer between', () => {
    fc.assert(
      fc.property(graphs, ({ ids, arrows }) => {
        const { layers, links, routes } = arrangeLayers(ids, arrows);
        const slots = layers.flat();
        expect(
          slots
            .filter(({ isBend }) => !isBend)
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...ids].sort());
        expect(new Set(slots.map(({ id }) => id)).size).toBe(slots.length);
        const layerOf = new Map(slots.map(({ id, layer }) => [id, layer]));
        for (const [i, layer] of layers.entries()) {
          for (const slot of layer) expect(slot.layer).toBe(i);
        }
        const known = new Set(links.map(({ from, to }) => `${from}\n${to}`));
        for (const arrow of arrows) {
          const stops = [arrow.from, ...(routes.get(arrow) ?? []), arrow.to];
          for (const [i, stop] of stops.slice(1).entries()) {
            expect(known.has(`${stops[i]}\n${stop}`)).toBe(true);
            expect(layerOf.get(stop)).toBe((layerOf.get(stops[i] ?? '') ?? NaN) + 1);
          }
        }
      }),
    );
  });

  it('uncrosses what can be uncrossed', () => {
    const arrows = [
      ['a', 'y'],
      ['b', 'x'],
      ['c', 'z'],
    ].map(([from = '', to = '']): Arrow => ({ from, to, kind: 'data' }));
    const { layers } = arrangeLayers(['a', 'b', 'c', 'x', 'y', 'z'], arrows);
    const [left = [], right = []] = layers.map((layer) => layer.map(({ id }) => id));
    const ends = left.map((id) => arrows.find(({ from }) => from === id)?.to);
    expect(right).toEqual(ends);
  });
});

describe('placeSlots', () => {
  it('lets nothing in a layer overlap, and begins at the top', () => {
    fc.assert(
      fc.property(graphs, ({ ids, arrows }) => {
        const arranged = arrangeLayers(ids, arrows);
        const heightOf = ({ id, isBend }: { id: string; isBend: boolean }) =>
          isBend ? 4 : 20 + (Number(id) % 3) * 16;
        const centres = placeSlots(arranged, heightOf, 10);
        let top = Infinity;
        for (const layer of arranged.layers) {
          let bottom = -Infinity;
          for (const slot of layer) {
            const centre = centres.get(slot.id) ?? NaN;
            expect(centre - heightOf(slot) / 2).toBeGreaterThanOrEqual(bottom + 10 - 1e-6);
            bottom = centre + heightOf(slot) / 2;
            top = Math.min(top, centre - heightOf(slot) / 2);
          }
        }
        expect(top).toBeCloseTo(0);
      }),
    );
  });
});

describe('keepApart', () => {
  it('moves things as little as possible (against all positions on a grid)', () => {
    const wishes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
    const cost = (positions: readonly number[], wanted: readonly number[]) =>
      positions.reduce((sum, position, i) => sum + (position - (wanted[i] ?? 0)) ** 2, 0);
    fc.assert(
      fc.property(wishes, (wanted) => {
        const distance = 2;
        const found = keepApart(
          wanted,
          wanted.map(() => distance),
        );
        for (const [i, position] of found.slice(1).entries()) {
          expect(position - (found[i] ?? NaN)).toBeGreaterThanOrEqual(distance - 1e-9);
        }
        const tryAll = (placed: readonly number[]): number => {
          if (placed.length === wanted.length) return cost(placed, wanted);
          let best = Infinity;
          for (let at = (placed.at(-1) ?? -8) + distance; at <= 12; at += 1) {
            best = Math.min(best, tryAll([...placed, at]));
          }
          return best;
        };
        expect(cost(found, wanted)).toBeLessThanOrEqual(tryAll([]) + 1e-9);
      }),
    );
  });
});
