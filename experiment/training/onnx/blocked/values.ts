/** What a model's values are in the blocked layout, and what is done to them as a whole. */

import type { Activation, Blocks } from './blocks.ts';
import { reorderIn, reorderOut } from './reorder.ts';

/** Feature maps of neighbouring channels. */
export interface MapPart {
  readonly activation: Activation;
  /** Channels of the model: those added to fill a block, the last ones, not counted. */
  readonly channels: number;
  /**
   * [channels], of a gradient for a convolution that only a batch norm reads: what the maps must be
   * multiplied by. The convolution scales its filters, which are smaller.
   */
  readonly scale?: string;
}

/**
 * Feature maps, one part after the other: a concatenation is only the list of its parts. A gradient
 * has the parts of what it is the gradient for.
 */
export interface Maps {
  readonly kind: 'maps';
  readonly parts: readonly MapPart[];
}

/** The ONNX value of a vector a sample, [batch, features]. */
export interface Features {
  readonly kind: 'features';
  readonly value: string;
}

export type BlockedValue = Maps | Features;

export function maps(parts: readonly MapPart[]): Maps {
  return { kind: 'maps', parts };
}

export function features(value: string): Features {
  return { kind: 'features', value };
}

/** The feature maps of a value. Throws where it has none: the model's shapes are checked before. */
export function mapsOf(value: BlockedValue): readonly MapPart[] {
  if (value.kind === 'maps') return value.parts;
  throw new TypeError('expected feature maps, found a vector');
}

/** The vector of a value. Throws where it is none. */
export function vectorOf(value: BlockedValue): string {
  if (value.kind === 'features') return value.value;
  throw new TypeError('expected a vector, found feature maps');
}

/** Maps made part by part. */
export function mapParts(
  parts: readonly MapPart[],
  change: (activation: Activation, index: number) => Activation,
): Maps {
  return maps(
    parts.map(({ activation, channels }, index) => ({
      channels,
      activation: change(activation, index),
    })),
  );
}

/**
 * The same maps with plain images put in blocks.
 *
 * @throws TypeError for a vector
 */
export function inBlocks(blocks: Blocks, value: BlockedValue): readonly MapPart[] {
  return mapsOf(value).map((part) =>
    part.activation.layout === 'blocked'
      ? part
      : { ...part, activation: reorderIn(blocks, part.activation.value, part.activation) },
  );
}

/**
 * Two gradients for one value, added up.
 *
 * @throws TypeError where one is a vector and the other maps
 */
export function addValues(
  blocks: Blocks,
  known: BlockedValue | undefined,
  value: BlockedValue,
): BlockedValue {
  if (known === undefined) return value;
  const add = (a: string, b: string) => blocks.graph.node('Add', [a, b]);
  if (value.kind === 'features') return features(add(vectorOf(known), value.value));
  const others = mapsOf(known);
  return mapParts(value.parts, (activation, index) => {
    const other = partAt(others, index).activation;
    return { ...activation, value: add(other.value, activation.value) };
  });
}

/**
 * The part at this place.
 *
 * @throws RangeError where there is none
 */
export function partAt(parts: readonly MapPart[], index: number): MapPart {
  const part = parts[index];
  if (part === undefined) throw new RangeError(`there is no part ${index} of ${parts.length}`);
  return part;
}

/** All channels as one plain value, [batch, channels, height, width]. */
export function toPlain(blocks: Blocks, parts: readonly MapPart[]): string {
  const values = parts.map(({ activation, channels }) =>
    activation.layout === 'plain' ? activation.value : reorderOut(blocks, activation, channels),
  );
  const [first = ''] = values;
  return values.length === 1 ? first : blocks.graph.node('Concat', values, { axis: { int: 1 } });
}

/** The inverse of {@link toPlain}, in the parts of `like`. */
export function fromPlain(blocks: Blocks, value: string, like: readonly MapPart[]): Maps {
  const { graph } = blocks;
  const sizes = graph.int64s(like.map(({ channels }) => channels));
  const values =
    like.length === 1
      ? [value]
      : graph.nodes('Split', [value, sizes], like.length, { axis: { int: 1 } });
  return maps(
    like.map(({ activation, channels }, index) => ({
      channels,
      activation: reorderIn(blocks, values[index] ?? '', { ...activation, channels }),
    })),
  );
}

/**
 * The parts as one.
 *
 * @throws RangeError where there are none
 */
export function merge(blocks: Blocks, parts: readonly MapPart[]): MapPart {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const channels = parts.reduce((sum, part) => sum + part.channels, 0);
  const sizes = { ...partAt(parts, 0).activation, channels };
  return { channels, activation: reorderIn(blocks, toPlain(blocks, parts), sizes) };
}

/** The inverse of {@link merge}, in the parts of `like`. */
export function unmerge(blocks: Blocks, merged: MapPart, like: readonly MapPart[]): Maps {
  if (like.length === 1) return maps([merged]);
  return fromPlain(blocks, toPlain(blocks, [merged]), like);
}
