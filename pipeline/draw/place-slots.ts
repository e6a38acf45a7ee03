/** Second step of a layout: how high each box of a layer stands. */

import type { LayerSlot, Layers } from './layers.ts';

/** Times that all layers are moved toward their neighbours, forth and back. */
const SWEEPS = 8;

/**
 * The vertical centre of each slot: near those it is linked with, in the order of its layer, and
 * nothing nearer to its neighbour than both their heights and the gap allow. The topmost edge is 0.
 */
export function placeSlots(
  { layers, links }: Layers,
  heightOf: (slot: LayerSlot) => number,
  gap: number,
): ReadonlyMap<string, number> {
  const neighbours = new Map<string, string[]>();
  const join = (one: string, other: string) => {
    const list = neighbours.get(one) ?? [];
    list.push(other);
    neighbours.set(one, list);
  };
  for (const { from, to } of links) {
    join(from, to);
    join(to, from);
  }
  const centres = new Map<string, number>();
  const settle = (layer: readonly LayerSlot[], wishes: readonly number[]) => {
    const distances = layer.map((slot, i) => {
      const before = layer[i - 1];
      return before === undefined ? 0 : (heightOf(before) + heightOf(slot)) / 2 + gap;
    });
    for (const [i, centre] of keepApart(wishes, distances).entries()) {
      centres.set(layer[i]?.id ?? '', centre);
    }
  };
  for (const layer of layers)
    settle(
      layer,
      layer.map(() => 0),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of sweep % 2 === 0 ? layers : [...layers].reverse()) {
      const wishes = layer.map(({ id }) => {
        const near = (neighbours.get(id) ?? []).map((other) => centres.get(other) ?? 0);
        return near.length === 0
          ? (centres.get(id) ?? 0)
          : near.reduce((a, b) => a + b, 0) / near.length;
      });
      settle(layer, wishes);
    }
  }
  const edges = layers.flat().map((slot) => (centres.get(slot.id) ?? 0) - heightOf(slot) / 2);
  const top = edges.reduce((least, edge) => Math.min(least, edge), Infinity);
  return new Map([...centres].map(([id, centre]) => [id, centre - top]));
}

/**
 * The positions nearest to the wished ones (least squares) that keep their order and distances: what
 * stands too near is moved as one block (pool adjacent violators).
 *
 * @param distances of each from the one before
 */
export function keepApart(wishes: readonly number[], distances: readonly number[]): number[] {
  const offsets: number[] = [];
  for (const [i, distance] of distances.entries()) {
    offsets.push((offsets[i - 1] ?? 0) + (i === 0 ? 0 : distance));
  }
  const blocks: { mean: number; count: number }[] = [];
  for (const [i, wish] of wishes.entries()) {
    let block = { mean: wish - (offsets[i] ?? 0), count: 1 };
    for (
      let last = blocks.at(-1);
      last !== undefined && last.mean > block.mean;
      last = blocks.at(-1)
    ) {
      const count = last.count + block.count;
      block = { mean: (last.mean * last.count + block.mean * block.count) / count, count };
      blocks.pop();
    }
    blocks.push(block);
  }
  const means = blocks.flatMap(({ mean, count }) => new Array<number>(count).fill(mean));
  return means.map((mean, i) => mean + (offsets[i] ?? 0));
}
