/** First step of a layout: which box stands in which layer, and in which order. */

import { groupByKey } from '../system/group-by.ts';
import type { Arrow } from './diagram.ts';

/** Something that stands in a layer: a box, or a bend of the arrows that leave one box far behind. */
export interface LayerSlot {
  readonly id: string;
  readonly layer: number;
  readonly isBend: boolean;
}

/** Boxes in layers, such that each arrow leads through neighbouring layers. */
export interface Layers {
  /** Layer by layer, each in its order. */
  readonly layers: readonly (readonly LayerSlot[])[];
  /** From slot to slot, each between neighbouring layers. */
  readonly links: readonly { readonly from: string; readonly to: string }[];
  /** Each arrow with the bends that it passes, in order. */
  readonly routes: ReadonlyMap<Arrow, readonly string[]>;
}

/** Times that the order of all layers is gone over, forth and back. */
const SWEEPS = 12;

/**
 * Distributes boxes over layers, by the longest way from a source, and orders each layer so that few
 * arrows cross (Sugiyama's method with barycentres).
 *
 * @param ids in topological order
 */
export function arrangeLayers(ids: readonly string[], arrows: readonly Arrow[]): Layers {
  const depth = assignLayers(ids, arrows);
  const layers: LayerSlot[][] = Array.from(
    { length: Math.max(0, ...depth.values()) + 1 },
    () => [],
  );
  const put = (id: string, layer: number, isBend: boolean) =>
    layers[layer]?.push({ id, layer, isBend });
  for (const id of ids) put(id, depth.get(id) ?? 0, false);
  const links = new Map<string, { from: string; to: string }>();
  const routes = new Map<Arrow, string[]>();
  const bends = new Set<string>();
  for (const arrow of arrows) {
    const end = depth.get(arrow.to) ?? 0;
    const route: string[] = [];
    let before = arrow.from;
    for (let layer = (depth.get(arrow.from) ?? 0) + 1; layer < end; layer++) {
      // All arrows that leave one box share their bends, like the branches of a tree.
      const bend = `${layer} ${arrow.from}`;
      if (!bends.has(bend)) put(bend, layer, true);
      bends.add(bend);
      links.set(`${before}\n${bend}`, { from: before, to: bend });
      route.push(bend);
      before = bend;
    }
    links.set(`${before}\n${arrow.to}`, { from: before, to: arrow.to });
    routes.set(arrow, route);
  }
  const all = [...links.values()];
  return { layers: orderLayers(layers, all), links: all, routes };
}

/** The longest way from a source; a source itself stands just before what first needs it. */
function assignLayers(ids: readonly string[], arrows: readonly Arrow[]): Map<string, number> {
  const depth = new Map(ids.map((id) => [id, 0]));
  const incoming = groupByKey(arrows, ({ to }) => to);
  const outgoing = groupByKey(arrows, ({ from }) => from);
  for (const id of ids) {
    const above = (incoming.get(id) ?? []).map(({ from }) => (depth.get(from) ?? 0) + 1);
    depth.set(id, Math.max(0, ...above));
  }
  for (const id of ids) {
    const below = (outgoing.get(id) ?? []).map(({ to }) => depth.get(to) ?? 0);
    if (!incoming.has(id) && below.length > 0) depth.set(id, Math.min(...below) - 1);
  }
  return depth;
}

function orderLayers(layers: readonly LayerSlot[][], links: Layers['links']): LayerSlot[][] {
  const before = groupByKey(links, ({ to }) => to);
  const after = groupByKey(links, ({ from }) => from);
  let order = layers.map((layer) => [...layer]);
  let best = { order, crossings: countCrossings(order, after) };
  for (let sweep = 0; sweep < SWEEPS && best.crossings > 0; sweep++) {
    const forth = sweep % 2 === 0;
    order = order.map((layer) => [...layer]);
    const sequence = forth ? order.keys() : [...order.keys()].reverse();
    for (const i of sequence) {
      const layer = order[i] ?? [];
      const places = indexSlots(order[forth ? i - 1 : i + 1] ?? []);
      const centre = (slot: LayerSlot, own: number) => {
        const links = (forth ? before : after).get(slot.id) ?? [];
        const others = links.map(({ from, to }) => places.get(forth ? from : to) ?? 0);
        return others.length === 0 ? own : others.reduce((a, b) => a + b, 0) / others.length;
      };
      const keyed = layer.map((slot, own) => ({ slot, key: centre(slot, own) }));
      order[i] = keyed.sort((a, b) => a.key - b.key).map(({ slot }) => slot);
    }
    const crossings = countCrossings(order, after);
    if (crossings < best.crossings) best = { order, crossings };
  }
  return best.order;
}

/** Pairs of links between neighbouring layers that cross: inversions, counted with a Fenwick tree. */
function countCrossings(
  order: readonly (readonly LayerSlot[])[],
  after: ReadonlyMap<string, readonly { readonly to: string }[]>,
): number {
  let crossings = 0;
  for (const [i, layer] of order.entries()) {
    const places = indexSlots(order[i + 1] ?? []);
    const tree = new Array<number>(places.size + 1).fill(0);
    let seen = 0;
    for (const { id } of layer) {
      const ends = (after.get(id) ?? []).map(({ to }) => places.get(to) ?? 0);
      for (const end of ends) {
        let notBeyond = 0;
        for (let at = end + 1; at > 0; at -= at & -at) notBeyond += tree[at] ?? 0;
        crossings += seen - notBeyond;
      }
      for (const end of ends) {
        for (let at = end + 1; at < tree.length; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
      }
      seen += ends.length;
    }
  }
  return crossings;
}

function indexSlots(layer: readonly LayerSlot[]): Map<string, number> {
  return new Map(layer.map(({ id }, place) => [id, place]));
}
