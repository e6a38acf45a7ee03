/** The graphs that `bench/dag.ts` runs: every stage copies a file of its own to its output. */

import { fail } from '../experiment/data/failure.ts';

/**
 * `wide`: no stage needs another; `deep`: each needs the one before; `diamond`: layers as wide as
 * the graph is deep, each stage needs two of the layer before.
 */
export const SHAPES = ['wide', 'deep', 'diamond'] as const;
export type Shape = (typeof SHAPES)[number];

/** A stage that copies `source` to `output`, once the outputs in `needs` are there. */
export interface Copy {
  readonly name: string;
  readonly source: string;
  readonly output: string;
  readonly needs: readonly Copy[];
}

/** A graph of so many copies, every one after those that it needs. */
export function makeGraph(shape: Shape, stages: number): Copy[] {
  const width = shape === 'wide' ? stages : shape === 'deep' ? 1 : Math.ceil(Math.sqrt(stages));
  const copies: Copy[] = [];
  for (let i = 0; i < stages; i++) {
    // Folders of a thousand files, as a user with so many would keep them.
    const folder = Math.floor(i / 1000);
    const above = Math.floor(i / width) * width - width;
    const parents = shape === 'diamond' ? [i - width, above + ((i + 1) % width)] : [i - width];
    const needs = [...new Set(parents)].flatMap((parent) => copies[parent] ?? []);
    const name = `s${i}`;
    copies.push({ name, source: `in/${folder}/${i}`, output: `out/${folder}/${i}`, needs });
  }
  return copies;
}

/** The shape of a name. Fails where there is none. */
export function readShape(name: string): Shape {
  const shape = SHAPES.find((one) => one === name);
  return shape ?? fail(`--shape is "${name}"; expected ${SHAPES.join(', ')}`);
}
