/** Runs primitives of the blocked layout on plain arrays, and the same in plain double-precision loops. */

import { describe } from 'vitest';
import { openStream } from '../../../../../../experiment/data/random.ts';
import type {
  Activation,
  Blocks,
  WindowGeometry,
} from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import { padChannels } from '../../../../../../experiment/training/onnx/blocked/layout.ts';
import {
  reorderIn,
  reorderOut,
} from '../../../../../../experiment/training/onnx/blocked/reorder.ts';
import { findBlockedSupport } from '../../../../../../experiment/training/onnx/blocked/self-test.ts';
import { GraphBuilder } from '../../../../../../experiment/training/onnx/graph-builder.ts';
import { loadRuntime } from '../../../../../../experiment/training/onnx/runtime.ts';

/** A plain array [batch, channels, height, width] in double precision. */
export interface Images {
  readonly values: Float64Array;
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const runtimes = { 1: await loadRuntime({ threads: 1 }), 2: await loadRuntime({ threads: 2 }) };
const support = await findBlockedSupport(runtimes[1]);

/** The block size here; the tests are skipped by name where there is none. */
export const block = support.block ?? 16;

/** A suite that needs the blocked operators. */
export const describeBlocked = describe.skipIf(support.block === null);

/** Normal values, rounded to single precision. */
export function randomImages(
  name: string,
  [batch, channels, height, width]: readonly [number, number, number, number],
): Images {
  const values = randomValues(name, batch * channels * height * width);
  return { values, batch, channels, height, width };
}

/** Normal values, rounded to single precision. */
export function randomValues(name: string, length: number): Float64Array {
  const stream = openStream(1, name);
  return Float64Array.from({ length }, () => Math.fround(stream.normal()));
}

/** Images of the same sizes with other values. */
export function mapImages(images: Images, map: (value: number, at: number) => number): Images {
  return { ...images, values: images.values.map(map) };
}

/** Sizes of a blocked activation of these images. */
export function blockedSizes({ batch, channels, height, width }: Images) {
  return { batch, channels: padChannels(channels, block), height, width };
}

/** Writes a graph; collects its inputs and named outputs. */
export class Trial {
  readonly graph = new GraphBuilder();
  readonly blocks: Blocks = { graph: this.graph, block };
  readonly #inputs = new Map<string, { values: Float32Array; shape: readonly number[] }>();
  readonly #outputs: string[] = [];

  /** An input of this shape. */
  array(values: ArrayLike<number>, shape: readonly number[]): string {
    const name = `input${this.#inputs.size}`;
    this.#inputs.set(name, { values: Float32Array.from(values), shape });
    return this.graph.input(name, 'float32', shape);
  }

  /** Images as a plain activation. */
  plain({ values, batch, channels, height, width }: Images): Activation {
    const value = this.array(values, [batch, channels, height, width]);
    return { value, batch, channels, height, width, layout: 'plain' };
  }

  /** Images as a blocked activation. */
  blocked(images: Images): Activation {
    return reorderIn(this.blocks, this.plain(images).value, images);
  }

  /** Asks for a value. */
  output(name: string, value: string, shape: readonly number[]): void {
    this.#outputs.push(name);
    this.graph.output(name, 'float32', shape, value);
  }

  /** Asks for an activation as plain images with so many channels. */
  images(name: string, activation: Activation, channels: number): void {
    const { batch, height, width } = activation;
    const value = reorderOut(this.blocks, activation, channels);
    this.output(name, value, [batch, channels, height, width]);
  }

  async run(threads: 1 | 2 = 1): Promise<Map<string, Float32Array>> {
    const runtime = runtimes[threads];
    const session = await runtime.openSession(this.graph.build('trial'));
    try {
      const feeds = [...this.#inputs].map(([name, { values, shape }]) => [
        name,
        runtime.tensor(values, shape),
      ]);
      const outputs = await session.run(Object.fromEntries(feeds));
      return new Map(
        this.#outputs.map((name) => [name, Float32Array.from(outputs[name]?.data as Float32Array)]),
      );
    } finally {
      await session.release();
    }
  }
}

/** ‖found − expected‖ / ‖expected‖; infinite where the lengths differ. */
export function relativeError(found: Float32Array | undefined, expected: Float64Array): number {
  if (found?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i += 1) {
    difference += ((found[i] as number) - (expected[i] as number)) ** 2;
    norm += (expected[i] as number) ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

/** Sizes of the output of a window. */
export function outputSizes(input: Images, { height, width, stride, pads }: WindowGeometry) {
  return {
    height: Math.floor((input.height + pads.top + pads.bottom - height) / stride) + 1,
    width: Math.floor((input.width + pads.left + pads.right - width) / stride) + 1,
  };
}

/** Calls `visit` for every product that a convolution makes: indices of output, input and weight. */
export function forEachProduct(
  input: Images,
  outputs: number,
  window: WindowGeometry,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const { height, width } = outputSizes(input, window);
  for (let n = 0; n < input.batch; n += 1) {
    for (let o = 0; o < outputs; o += 1) {
      for (let c = 0; c < input.channels; c += 1) {
        for (let y = 0; y < height; y += 1) {
          for (let x = 0; x < width; x += 1) {
            forEachTap(input, window, y, x, (row, column, tap) => {
              visit(
                ((n * outputs + o) * height + y) * width + x,
                ((n * input.channels + c) * input.height + row) * input.width + column,
                (o * input.channels + c) * window.height * window.width + tap,
              );
            });
          }
        }
      }
    }
  }
}

/** Calls `visit` for every position of the image under the window of this output. */
export function forEachTap(
  input: Images,
  window: WindowGeometry,
  outputRow: number,
  outputColumn: number,
  visit: (row: number, column: number, tap: number) => void,
): void {
  for (let i = 0; i < window.height; i += 1) {
    for (let j = 0; j < window.width; j += 1) {
      const row = outputRow * window.stride + i - window.pads.top;
      const column = outputColumn * window.stride + j - window.pads.left;
      if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
      visit(row, column, i * window.width + j);
    }
  }
}
