/** Renders a scene into the bytes of one image. */

import { CHANNEL_COUNT, IMAGE_SIZE } from '../../../experiment/data/images.ts';
import type { RandomStream } from '../../../experiment/data/random.ts';
import type { Paint, Scene } from './scene.ts';

const PLANE = IMAGE_SIZE * IMAGE_SIZE;
const PIXEL = 2 / IMAGE_SIZE;

/** Writes the scene into `target`, 3 × 32 × 32 bytes: red, green and blue plane. */
export function renderScene(scene: Scene, random: RandomStream, target: Uint8Array): void {
  const { outline, pose, shape, background, light, noise } = scene;
  const [cos, sin] = [Math.cos(pose.angle), Math.sin(pose.angle)];
  const sharpness = Math.min(pose.width, pose.height) / PIXEL;
  for (let row = 0; row < IMAGE_SIZE; row += 1) {
    const y = (row + 0.5) * PIXEL - 1;
    for (let column = 0; column < IMAGE_SIZE; column += 1) {
      const x = (column + 0.5) * PIXEL - 1;
      const [dx, dy] = [x - pose.x, y - pose.y];
      const u = (dx * cos + dy * sin) / pose.width;
      const v = (dy * cos - dx * sin) / pose.height;
      // Antialiasing: the share of the pixel that the shape covers.
      const coverage = clamp(0.5 - outline(u, v) * sharpness);
      const shapeMix = coverage > 0 ? shape.texture(dx, dy) : 0;
      const backgroundMix = coverage < 1 ? background.texture(x, y) : 0;
      const shading = 1 + light[0] * (dx / pose.width) + light[1] * (dy / pose.height);
      for (let channel = 0; channel < CHANNEL_COUNT; channel += 1) {
        const front = mix(shape, shapeMix, channel) * shading;
        const back = mix(background, backgroundMix, channel);
        const value = back + (front - back) * coverage + noise * random.normal();
        target[channel * PLANE + row * IMAGE_SIZE + column] = Math.round(clamp(value) * 255);
      }
    }
  }
}

function mix(paint: Paint, share: number, channel: number): number {
  const base = paint.base[channel] as number;
  return base + ((paint.accent[channel] as number) - base) * share;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
