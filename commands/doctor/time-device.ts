/** How fast a device of onnxruntime is beside the CPU: a driver may compute in software. */

import { GraphBuilder } from '../../experiment/training/onnx/graph-builder.ts';
import type { Runtime } from '../../experiment/training/onnx/runtime.ts';

/** Rows and columns of the matrices, large enough to keep a GPU busy for longer than its start takes. */
const SIZE = 1024;
/** The first run also prepares the device. */
const RUNS = 3;

/** Seconds that a product of two matrices of 1024 × 1024 takes, the fastest of three. */
export async function timeProduct(runtime: Runtime): Promise<number> {
  const graph = new GraphBuilder();
  const shape = [SIZE, SIZE];
  const [a, b] = ['a', 'b'].map((name) => graph.input(name, 'float32', shape));
  graph.output('output', 'float32', shape, graph.node('MatMul', [a ?? '', b ?? '']));
  const session = await runtime.openSession(graph.build('speed of a device'));
  const values = runtime.tensor(new Float32Array(SIZE * SIZE).fill(0.5), shape);
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await session.run({ a: values, b: values });
    fastest = Math.min(fastest, (performance.now() - startedAt) / 1000);
  }
  await session.release();
  return fastest;
}
