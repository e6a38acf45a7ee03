/** A layout from left to right: where each box stands, and the path of each arrow. */

import type { Arrow } from './diagram.ts';
import { arrangeLayers } from './layers.ts';
import { placeSlots } from './place-slots.ts';

/** Where something stands, in pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes in their places. */
export interface PlacedBoxes {
  readonly places: ReadonlyMap<string, Rectangle>;
  /** Where the last box ends, with no margin behind it. */
  readonly right: number;
  readonly bottom: number;
  /** The path of an arrow, as SVG writes it. */
  readonly pathOf: (arrow: Arrow) => string;
}

/** Around the boxes. */
export const MARGIN = 16;
const BOX_GAP = 10;
/** Between two layers: arrows need room in which to turn, and more of it the more they are. */
const LAYER_GAP = { least: 56, perLink: 1.5, most: 240 };
/** Height that a bend takes in its layer. */
const BEND = 4;

/**
 * Places boxes in layers from left to right.
 *
 * @param ids in topological order
 */
export function placeBoxes(
  ids: readonly string[],
  arrows: readonly Arrow[],
  sizeOf: (id: string) => Pick<Rectangle, 'width' | 'height'>,
): PlacedBoxes {
  const arranged = arrangeLayers(ids, arrows);
  const sizes = new Map(ids.map((id) => [id, sizeOf(id)]));
  const heightOf = (id: string) => sizes.get(id)?.height ?? BEND;
  const centres = placeSlots(arranged, ({ id }) => heightOf(id), BOX_GAP);
  const places = new Map<string, Rectangle>();
  const linksFrom = new Map<string, number>();
  for (const { from } of arranged.links) linksFrom.set(from, (linksFrom.get(from) ?? 0) + 1);
  let x = MARGIN;
  let right = MARGIN;
  for (const layer of arranged.layers) {
    const width = Math.max(0, ...layer.map(({ id }) => sizes.get(id)?.width ?? 0));
    for (const { id } of layer) {
      const height = heightOf(id);
      places.set(id, { x, y: MARGIN + (centres.get(id) ?? 0) - height / 2, width, height });
    }
    right = x + width;
    const links = layer.reduce((sum, { id }) => sum + (linksFrom.get(id) ?? 0), 0);
    x = right + Math.min(LAYER_GAP.most, LAYER_GAP.least + LAYER_GAP.perLink * links);
  }
  const bottom = Math.max(0, ...[...places.values()].map(({ y, height }) => y + height));
  const pathOf = (arrow: Arrow) => drawPath(arrow, arranged.routes.get(arrow) ?? [], places);
  return { places, right, bottom, pathOf };
}

/** From the right side of a box through the bends, level in their layers, to the left of another. */
function drawPath(
  { from, to }: Arrow,
  route: readonly string[],
  places: ReadonlyMap<string, Rectangle>,
): string {
  const [start, ...rest] = [from, ...route, to].flatMap((id) => places.get(id) ?? []);
  if (start === undefined) return '';
  let x = start.x + start.width;
  let y = start.y + start.height / 2;
  const parts = [`M${roundPlace(x)} ${roundPlace(y)}`];
  for (const [i, place] of rest.entries()) {
    const middle = place.y + place.height / 2;
    const turn = (place.x - x) / 2;
    parts.push(
      `C${roundPlace(x + turn)} ${roundPlace(y)} ${roundPlace(place.x - turn)} ${roundPlace(middle)} ${roundPlace(place.x)} ${roundPlace(middle)}`,
    );
    x = place.x;
    y = middle;
    if (i < rest.length - 1) {
      x += place.width;
      parts.push(`H${roundPlace(x)}`);
    }
  }
  return parts.join('');
}

/** A place with one digit behind the point, which is as fine as anybody sees. */
export function roundPlace(value: number): number {
  return Math.round(value * 10) / 10;
}
