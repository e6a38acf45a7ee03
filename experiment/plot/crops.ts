/** Pictures of images as the models see them. */

import {
  CHANNEL_COUNT,
  CROP_PIXELS,
  CROP_SIZE,
  cropImages,
  holdPixels,
  IMAGE_SIZE,
  type LabeledImages,
} from '../data/images.ts';
import { encodePng } from './png.ts';

/** The crops as pixels of 0 to 255, whatever they are stored as: [N, 3, 28, 28]. */
export function readPixels(samples: LabeledImages): Uint8Array {
  if (!holdPixels(samples)) {
    // Of a Uint8ClampedArray: rounded, and clipped to 0 and 255.
    return new Uint8Array(Uint8ClampedArray.from(samples.images.data, (value) => 255 * value));
  }
  const { images } = samples;
  return images.shape[2] === IMAGE_SIZE ? cropImages(images).data : images.data;
}

/** One crop as a data URL. Channel planes become pixels. */
export function encodePicture(pixels: Uint8Array, image: number): string {
  const start = image * CHANNEL_COUNT * CROP_PIXELS;
  const interleaved = new Uint8Array(CHANNEL_COUNT * CROP_PIXELS);
  for (let i = 0; i < interleaved.length; i += 1) {
    const channel = i % CHANNEL_COUNT;
    const pixel = Math.floor(i / CHANNEL_COUNT);
    interleaved[i] = pixels[start + channel * CROP_PIXELS + pixel] as number;
  }
  const png = encodePng(interleaved, CROP_SIZE, CROP_SIZE);
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
