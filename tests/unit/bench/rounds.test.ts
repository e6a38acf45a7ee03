import { describe, expect, it } from 'vitest';
import { orderOf, spreadOf } from '../../../bench/rounds.ts';

describe('the order of rounds', () => {
  it.each([2, 3, 4, 5])('lets each of %i sides follow each other one equally often', (count) => {
    const sides = Array.from({ length: count }, (_, side) => side);
    const rounds = count % 2 === 0 ? count : 2 * count;
    const followers = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      const order = orderOf(sides, round);
      expect(order.toSorted()).toEqual(sides);
      for (const [place, side] of order.slice(1).entries()) {
        const pair = `${order[place]} ${side}`;
        followers.set(pair, (followers.get(pair) ?? 0) + 1);
      }
    }
    expect(followers.size).toBe(count * (count - 1));
    expect(new Set(followers.values())).toEqual(new Set([rounds / count]));
  });
});

it('the spread of rounds is their range by their median', () => {
  expect(spreadOf([110, 90, 100])).toBeCloseTo(0.2);
});
