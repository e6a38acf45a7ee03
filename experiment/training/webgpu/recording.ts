/** A plan that is ready to run: its kernels compiled, its memory there, each pass bound to both. */

import { type GpuDevice, STEP_BYTES } from './device.ts';
import { planMemory, storeBytes } from './memory.ts';
import type { Grid, Pass } from './pass.ts';
import type { Store } from './tensors.ts';

/** Memory by store. */
export type Buffers = Map<Store, GPUBuffer>;

interface Bound {
  readonly pass: Pass;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

/** How a plan is made ready. */
export interface RecordingOptions {
  readonly device: GpuDevice;
  readonly passes: readonly Pass[];
  /** Samples of the largest batch. */
  readonly batch: number;
  /** Memory of stores that outlive a step. */
  readonly kept: Buffers;
  /** Parameters of steps, {@link STEP_BYTES} each. */
  readonly steps: GPUBuffer;
  /** Stores that are read afterwards, or all that are to keep their memory to themselves. */
  readonly apart?: ReadonlySet<Store>;
}

export const STORAGE = 0x80 | 0x04 | 0x08;
export const UNIFORM = 0x40 | 0x08;

/** A plan for batches of a size, and smaller ones in the same memory. */
export class Recording {
  readonly #bound: readonly Bound[];
  readonly #pieces: readonly GPUBuffer[];
  readonly #buffers: Buffers;
  readonly #batch: number;
  readonly #grids = new Map<number, readonly Grid[]>();
  /** Bytes of memory besides the state. */
  readonly bytes: number;

  private constructor(
    bound: readonly Bound[],
    pieces: readonly GPUBuffer[],
    buffers: Buffers,
    batch: number,
  ) {
    this.#batch = batch;
    this.#bound = bound;
    this.#pieces = pieces;
    this.#buffers = buffers;
    this.bytes = pieces.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Makes a plan ready.
   *
   * @throws StageFailure where there is too little memory, or where a kernel does not compile
   */
  static async open(options: RecordingOptions): Promise<Recording> {
    const { device, passes, batch, kept, steps, apart } = options;
    const { pieces, pieceOf } = planMemory(passes, batch, apart);
    const made: GPUBuffer[] = [];
    for (const bytes of pieces) made.push(await device.buffer('values of a plan', bytes, STORAGE));
    const buffers: Buffers = new Map(kept);
    for (const [store, piece] of pieceOf) {
      const buffer = made[piece];
      if (buffer !== undefined) buffers.set(store, buffer);
    }
    const kernels = await Promise.all(passes.map((pass) => device.kernel(pass)));
    const bound = passes.map((pass, index): Bound => {
      const kernel = kernels[index];
      if (kernel === undefined) throw new Error(`${pass.label} has no kernel`);
      const group = device.gpu.createBindGroup({
        layout: kernel.layout,
        entries: [
          { binding: 0, resource: { buffer: steps, size: 16 } },
          ...pass.bindings.map(({ store }, place) => {
            const buffer = buffers.get(store);
            if (buffer === undefined) throw new Error(`${store.name} has no memory`);
            const size = Math.max(16, Math.ceil(storeBytes(store, batch) / 16) * 16);
            return { binding: place + 1, resource: { buffer, size: Math.min(size, buffer.size) } };
          }),
        ],
      });
      return { pass, pipeline: kernel.pipeline, group };
    });
    return new Recording(bound, made, buffers, batch);
  }

  /**
   * The memory of a store.
   *
   * @throws Error where it has none
   */
  buffer(store: Store): GPUBuffer {
    const buffer = this.#buffers.get(store);
    if (buffer === undefined) throw new Error(`${store.name} has no memory`);
    return buffer;
  }

  /** Encodes all passes with the parameters of this slot, for a batch of so many samples. */
  encode(encoder: GPUComputePassEncoder, slot: number, size = this.#batch): void {
    const offset = [slot * STEP_BYTES];
    const grids = this.#gridsFor(size);
    for (const [index, { pipeline, group }] of this.#bound.entries()) {
      const [x, y, z] = grids[index] ?? [0, 0, 0];
      encoder.setPipeline(pipeline);
      encoder.setBindGroup(0, group, offset);
      encoder.dispatchWorkgroups(x, y, z);
    }
  }

  /** Encodes one pass, by its place, for a full batch. */
  encodeOne(encoder: GPUComputePassEncoder, index: number, slot: number): void {
    const bound = this.#bound[index];
    const [x, y, z] = this.#gridsFor(this.#batch)[index] ?? [0, 0, 0];
    if (bound === undefined) return;
    encoder.setPipeline(bound.pipeline);
    encoder.setBindGroup(0, bound.group, [slot * STEP_BYTES]);
    encoder.dispatchWorkgroups(x, y, z);
  }

  /** Encodes each pass on its own between two timestamps, the first of them at 2 · its index. */
  encodeTimed(encoder: GPUCommandEncoder, slot: number, querySet: GPUQuerySet): void {
    const grids = this.#gridsFor(this.#batch);
    for (const [index, { pipeline, group }] of this.#bound.entries()) {
      const [x, y, z] = grids[index] ?? [0, 0, 0];
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * index,
          endOfPassWriteIndex: 2 * index + 1,
        },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [slot * STEP_BYTES]);
      pass.dispatchWorkgroups(x, y, z);
      pass.end();
    }
  }

  /** The passes, in order. */
  get passes(): readonly Pass[] {
    return this.#bound.map(({ pass }) => pass);
  }

  /** Gives the memory back. */
  close(): void {
    for (const piece of this.#pieces) piece.destroy();
  }

  #gridsFor(size: number): readonly Grid[] {
    const known = this.#grids.get(size);
    if (known !== undefined) return known;
    const grids = this.#bound.map(({ pass }) => pass.grid(size));
    this.#grids.set(size, grids);
    return grids;
  }
}
