/**
 * Finds out whether onnxruntime's blocked operators are there, with which block size, and whether they
 * compute what this engine takes them to compute. They are internal to onnxruntime: another version or
 * processor may lack or change them, and the plain operators must then take over.
 */

import { GraphBuilder } from '../graph-builder.ts';
import type { Runtime } from '../runtime.ts';
import { type Blocks, blockedNode, NO_EDGES } from './blocks.ts';
import { convolve } from './convolution.ts';
import { blockFilter } from './layout.ts';
import { reorderIn, reorderOut } from './reorder.ts';

export type BlockedSupport =
  | { readonly block: number }
  | { readonly block: null; readonly reason: string };

const BLOCK_SIZES = [16, 8] as const;
/** A multiple of every block size. */
const CHANNELS = 16;
const SIZE = 3;
const KERNEL = 2;

let known: Promise<BlockedSupport> | undefined;

/** The block size, or why there is none. Found once in a process; never throws. */
export function findBlockedSupport(runtime: Runtime): Promise<BlockedSupport> {
  known ??= testBlockedOperators(runtime);
  return known;
}

/**
 * What {@link findBlockedSupport} does the first time.
 *
 * @throws TypeError where the runtime gives other than float32 values
 */
export async function testBlockedOperators(runtime: Runtime): Promise<BlockedSupport> {
  try {
    const block = await findBlockSize(runtime);
    if (block === undefined) return { block: null, reason: 'its block size is not known here' };
    const wrong = await findWrongResult(runtime, block);
    if (wrong === undefined) return { block };
    return { block: null, reason: `its convolution gave ${wrong}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { block: null, reason: message };
  }
}

/** Reorders channels numbered from 0: how many come before the second position is the block size. */
async function findBlockSize(runtime: Runtime): Promise<number | undefined> {
  const graph = new GraphBuilder();
  const input = graph.input('input', 'float32', [1, CHANNELS, 1, 2]);
  const blocks: Blocks = { graph, block: CHANNELS };
  const reordered = blockedNode(blocks, 'ReorderInput', [input]);
  graph.output('output', 'float32', [1, CHANNELS, 1, 2], reordered);
  const values = Float32Array.from({ length: 2 * CHANNELS }, (_, at) => at);
  const found = await run(runtime, graph, values, [1, CHANNELS, 1, 2]);
  return BLOCK_SIZES.find((block) => {
    const position = (at: number) => Math.floor(at / block) % 2;
    const channel = (at: number) => Math.floor(at / (2 * block)) * block + (at % block);
    return found.every((value, at) => value === 2 * channel(at) + position(at));
  });
}

/**
 * Convolves small integers, which single precision adds exactly, with a filter that is no constant, a
 * bias, a sum and a ReLU. Returns what was wrong.
 */
async function findWrongResult(runtime: Runtime, block: number): Promise<string | undefined> {
  const graph = new GraphBuilder();
  const shape = [1, CHANNELS, SIZE, SIZE];
  const sizes = { batch: 1, channels: CHANNELS, height: SIZE, width: SIZE };
  const blocks: Blocks = { graph, block };
  const input = reorderIn(blocks, graph.input('input', 'float32', shape), sizes);
  const one = graph.floats([1], []);
  const weights = integersFrom(CHANNELS * CHANNELS * KERNEL * KERNEL, 3);
  const filter = { outputs: CHANNELS, inputs: [CHANNELS], plain: false };
  const laidOut = blockFilter(weights, { ...filter, height: KERNEL, width: KERNEL }, block);
  const constant = graph.floats(laidOut, [CHANNELS, CHANNELS, KERNEL, KERNEL]);
  // Times a value that onnxruntime cannot know when it optimises.
  const largest = graph.node('ReduceMax', [input.value], { keepdims: { int: 0 } });
  const unit = graph.node('Min', [graph.node('Abs', [largest]), one]);
  const value = graph.node('Mul', [constant, unit]);
  const bias = integersFrom(CHANNELS, 5);
  const output = convolve(
    blocks,
    input,
    { value, outputs: CHANNELS },
    { height: KERNEL, width: KERNEL, stride: 1, pads: { ...NO_EDGES, bottom: 1, right: 1 } },
    { bias: graph.floats(bias, [CHANNELS]), sum: input, relu: true },
  );
  graph.output('output', 'float32', shape, reorderOut(blocks, output, CHANNELS));
  const values = integersFrom(CHANNELS * SIZE * SIZE, 7);
  const found = await run(runtime, graph, values, shape);
  for (const [at, expected] of expectedResult(values, weights, bias).entries()) {
    if (found[at] !== expected) return `${found[at]} instead of ${expected}`;
  }
  return undefined;
}

function expectedResult(input: Float32Array, weights: Float32Array, bias: Float32Array): number[] {
  const expected: number[] = [];
  for (let output = 0; output < CHANNELS; output += 1) {
    for (let position = 0; position < SIZE * SIZE; position += 1) {
      const [row, column] = [Math.floor(position / SIZE), position % SIZE];
      let sum = (bias[output] as number) + (input[output * SIZE * SIZE + position] as number);
      for (let at = 0; at < CHANNELS * KERNEL * KERNEL; at += 1) {
        const channel = Math.floor(at / (KERNEL * KERNEL));
        const y = row + (Math.floor(at / KERNEL) % KERNEL);
        const x = column + (at % KERNEL);
        if (y >= SIZE || x >= SIZE) continue;
        const weight = weights[output * CHANNELS * KERNEL * KERNEL + at] as number;
        sum += weight * (input[(channel * SIZE + y) * SIZE + x] as number);
      }
      expected.push(Math.max(sum, 0));
    }
  }
  return expected;
}

/** Integers from −3 to 3 without a simple pattern. */
function integersFrom(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => (((at + seed) * (at + 11) * seed) % 7) - 3);
}

async function run(
  runtime: Runtime,
  graph: GraphBuilder,
  values: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const session = await runtime.openSession(graph.build('self-test of the blocked operators'));
  try {
    const { output } = await session.run({ input: runtime.tensor(values, shape) });
    if (output?.data instanceof Float32Array) return output.data;
    throw new TypeError(`expected float32 values, found ${output?.type}`);
  } finally {
    await session.release();
  }
}
