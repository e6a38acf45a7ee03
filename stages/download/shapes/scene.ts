/** Draws the parameters of one image at random: what is seen, in which pose, colours and light. */

import type { RandomStream } from '../../../experiment/data/random.ts';
import { SHAPE_CLASSES } from './classes.ts';
import { type Color, hsl } from './colors.ts';
import type { Outline } from './outlines.ts';
import { drawTexture, TEXTURE_KINDS, type Texture, type TextureKind } from './textures.ts';

/** A surface: two colours and the texture that mixes them. */
export interface Paint {
  readonly base: Color;
  readonly accent: Color;
  readonly texture: Texture;
}

/** From the image's frame, −1 … 1 in x and y, to the shape's. */
interface Pose {
  readonly x: number;
  readonly y: number;
  /** Rotation, radians. */
  readonly angle: number;
  /** Half width and half height of the shape. */
  readonly width: number;
  readonly height: number;
}

export interface Scene {
  readonly outline: Outline;
  readonly pose: Pose;
  readonly shape: Paint;
  readonly background: Paint;
  /** Direction of the light in the image's frame, its length the strength of the shading. */
  readonly light: readonly [number, number];
  /** Standard deviation of the pixel noise, in units of the full range. */
  readonly noise: number;
}

// How hard the data are. The profile quick has few images, and they must show the paper's contrast:
// true labels are fitted in a fraction of the steps that random ones take, and even a perceptron has a
// small test error on them; images of one class are alike, so that random labels of theirs are hard.
// Most of a class is told by its hue, which survives a shuffling of the pixels.
/** Share of the images that have the texture typical of their class; the others draw any. */
const TYPICAL_TEXTURE_SHARE = 0.9;
/** Standard deviation of the hue about that of the class, in turns; classes are 0.1 apart. */
const HUE_SPREAD = 0.05;
/** Largest shift of the shape's centre in x and y; the image is 2 wide. */
const MAX_SHIFT = 0.12;
/** Standard deviation of the rotation, in radians. */
const TILT = 0.25;
/** Greatest saturation of the background, whose hue says nothing. */
const BACKGROUND_SATURATION = 0.2;
/** Mean standard deviation of the pixel noise. */
const NOISE = 0.03;

/**
 * Draws a scene that shows the class `label`.
 *
 * @throws RangeError where there is no such class
 */
export function drawScene(label: number, random: RandomStream): Scene {
  const shapeClass = SHAPE_CLASSES[label];
  if (shapeClass === undefined) throw new RangeError(`there is no class ${label}`);
  const hue = shapeClass.hue + HUE_SPREAD * random.normal();
  const bright = random.uniform() < 0.5;
  const kind = random.uniform() < TYPICAL_TEXTURE_SHARE ? shapeClass.texture : drawKind(random);
  return {
    outline: shapeClass.outline,
    pose: drawPose(random),
    shape: drawShapePaint(kind, hue, bright, random),
    background: drawBackgroundPaint(!bright, random),
    light: drawLight(random),
    noise: NOISE * (0.5 + random.uniform()),
  };
}

function drawPose(random: RandomStream): Pose {
  const size = between(0.55, 0.85, random);
  const stretch = between(0.88, 1.14, random);
  return {
    x: between(-MAX_SHIFT, MAX_SHIFT, random),
    y: between(-MAX_SHIFT, MAX_SHIFT, random),
    angle: TILT * random.normal(),
    width: size * stretch,
    height: size / stretch,
  };
}

function drawShapePaint(
  kind: TextureKind,
  hue: number,
  bright: boolean,
  random: RandomStream,
): Paint {
  const lightness = bright ? between(0.6, 0.78, random) : between(0.28, 0.45, random);
  const step = (bright ? -1 : 1) * between(0.18, 0.28, random);
  const saturation = between(0.45, 0.95, random);
  return {
    base: hsl(hue, saturation, lightness),
    accent: hsl(hue + between(-0.1, 0.1, random), saturation, lightness + step),
    texture: drawTexture(kind, between(0.36, 0.55, random), random),
  };
}

function drawBackgroundPaint(bright: boolean, random: RandomStream): Paint {
  const hue = random.uniform();
  const lightness = bright ? between(0.66, 0.88, random) : between(0.12, 0.34, random);
  const step = between(-0.12, 0.12, random);
  return {
    base: hsl(hue, drawGrey(random), lightness),
    accent: hsl(hue + between(-0.15, 0.15, random), drawGrey(random), lightness + step),
    texture: drawTexture(drawKind(random), between(0.5, 1.4, random), random),
  };
}

/** A low saturation. */
function drawGrey(random: RandomStream): number {
  return between(0.05, BACKGROUND_SATURATION, random);
}

function drawLight(random: RandomStream): readonly [number, number] {
  const angle = random.uniform() * 2 * Math.PI;
  const strength = between(0.05, 0.25, random);
  return [strength * Math.cos(angle), strength * Math.sin(angle)];
}

function drawKind(random: RandomStream): TextureKind {
  return TEXTURE_KINDS[random.integer(TEXTURE_KINDS.length)] as TextureKind;
}

function between(low: number, high: number, random: RandomStream): number {
  return low + (high - low) * random.uniform();
}
