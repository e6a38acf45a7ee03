/** The ten classes of the synthetic data set, in the order of their labels. */

import {
  arrow,
  crescent,
  cross,
  disc,
  flower,
  heart,
  type Outline,
  ring,
  square,
  star,
  triangle,
} from './outlines.ts';
import type { TextureKind } from './textures.ts';

export interface ShapeClass {
  readonly name: string;
  readonly outline: Outline;
  /** The texture that most of its images have; each is typical of two classes. */
  readonly texture: TextureKind;
  /** Mean hue, in turns: neighbouring classes overlap a little. */
  readonly hue: number;
}

export const SHAPE_CLASSES: readonly ShapeClass[] = [
  { name: 'disc', outline: disc, texture: 'stripes', hue: 0 },
  { name: 'ring', outline: ring, texture: 'waves', hue: 0.1 },
  { name: 'triangle', outline: triangle, texture: 'checks', hue: 0.2 },
  { name: 'square', outline: square, texture: 'dots', hue: 0.3 },
  { name: 'cross', outline: cross, texture: 'blotches', hue: 0.4 },
  { name: 'star', outline: star, texture: 'stripes', hue: 0.5 },
  { name: 'crescent', outline: crescent, texture: 'waves', hue: 0.6 },
  { name: 'heart', outline: heart, texture: 'checks', hue: 0.7 },
  { name: 'flower', outline: flower, texture: 'dots', hue: 0.8 },
  { name: 'arrow', outline: arrow, texture: 'blotches', hue: 0.9 },
];
