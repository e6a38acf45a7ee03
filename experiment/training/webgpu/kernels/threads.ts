/** Kernels with a thread for each of so many things of each sample, spread over groups however many there are. */

import type { Bindings, Pass } from '../pass.ts';
import { spread } from './product.ts';

const THREADS = 256;

/** What a thread is for, and does. */
export interface Threads {
  readonly label: string;
  readonly bindings: Bindings;
  /** Threads of a sample. */
  readonly each: number;
  /** Declarations before the kernel. */
  readonly before?: string;
  /** WGSL that works on number `at` of those of the batch, each sample's behind the other's. */
  readonly body: string;
  /** Bytes that a batch reads and writes. */
  readonly bytes: (batch: number) => number;
}

/** A pass of such threads. */
export function passOfThreads({ label, bindings, each, before, body, bytes }: Threads): Pass {
  const code = `${bindings.code}
${before ?? ''}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) t: u32) {
  let at = (group.y * groups.x + group.x) * ${THREADS}u + t;
  if (at >= step.batch * ${each}u) { return; }
  ${body}
}
`;
  return {
    label,
    code,
    bindings: bindings.list,
    grid: (batch) => spread(Math.ceil((batch * each) / THREADS)),
    flops: 0,
    bytes,
  };
}
