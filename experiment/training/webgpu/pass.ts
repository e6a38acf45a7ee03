/** What a plan is a list of: one kernel over some memory. */

import type { Store } from './tensors.ts';

/** How a kernel uses memory, and the type it sees. */
export interface Binding {
  readonly store: Store;
  readonly written: boolean;
}

/** Numbers of workgroups along x, y and z. */
export type Grid = readonly [x: number, y: number, z: number];

/** One dispatch: a kernel, the memory it works on, and what it costs. */
export interface Pass {
  readonly label: string;
  /** WGSL whose entry is `main`; binding 0 is the {@link STEP} of group 0, then `bindings` in order. */
  readonly code: string;
  readonly bindings: readonly Binding[];
  /** For a batch of this many samples. */
  readonly grid: (batch: number) => Grid;
  /** Operations on a sample, those on padding left out. */
  readonly flops: number;
  /** Bytes read and written at least, for a batch of this many samples. */
  readonly bytes: (batch: number) => number;
  /** Where it does no more than add up parts and a bias: what another kernel needs to do that itself. */
  readonly parts?: Parts;
}

/** A product whose inner dimension was split: [splits][rows][columns], and a row that is added. */
export interface Parts {
  readonly store: Store;
  readonly splits: number;
  readonly columns: number;
  /** In numbers from the beginning of its memory. */
  readonly bias: { readonly store: Store; readonly at: number } | null;
}

/** What changes from step to step. */
const STEP = `struct Step { batch: u32, learningRate: f32, first: u32, slot: u32 }
@group(0) @binding(0) var<uniform> step: Step;
// max(0, NaN) may be 0, which would hide where numbers end.
fn positive(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0f), x < vec4<f32>(0.0f)); }
`;

/** Declares the memory of one kernel; what is asked for twice is bound once. */
export class Bindings {
  readonly #found = new Map<Store, { name: string; type: string; written: boolean }>();

  /**
   * The name of memory that is read.
   *
   * @throws Error where the kernel sees the same memory as another type
   */
  read(store: Store, type = 'vec4<f32>'): string {
    return this.#use(store, type, false);
  }

  /**
   * The name of memory that is written, and perhaps read.
   *
   * @throws Error where the kernel sees the same memory as another type
   */
  write(store: Store, type = 'vec4<f32>'): string {
    return this.#use(store, type, true);
  }

  #use(store: Store, type: string, written: boolean): string {
    const known = this.#found.get(store);
    if (known === undefined) {
      const name = `memory${this.#found.size}`;
      this.#found.set(store, { name, type, written });
      return name;
    }
    if (known.type !== type) throw new Error(`${store.name} is both ${known.type} and ${type}`);
    known.written ||= written;
    return known.name;
  }

  get list(): readonly Binding[] {
    return [...this.#found].map(([store, { written }]) => ({ store, written }));
  }

  /** The declarations, {@link STEP} first. */
  get code(): string {
    const lines = [...this.#found.values()].map(
      ({ name, type, written }, index) =>
        `@group(0) @binding(${index + 1}) var<storage, ${written ? 'read_write' : 'read'}> ${name}: array<${type}>;`,
    );
    return `${STEP}${lines.join('\n')}\n`;
  }
}
