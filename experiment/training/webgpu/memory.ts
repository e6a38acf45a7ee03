/** Gives the values of a plan their memory: one piece serves several values that are never needed at once. */

import type { Pass } from './pass.ts';
import type { Store } from './tensors.ts';

/** Pieces of memory, and which of them each store has. */
export interface MemoryPlan {
  /** Bytes of each piece. */
  readonly pieces: readonly number[];
  readonly pieceOf: ReadonlyMap<Store, number>;
}

/** Bytes of a store for so many samples. */
export function storeBytes({ bytes, bytesPerSample }: Store, batch: number): number {
  return bytes + bytesPerSample * batch;
}

/** Plans the memory of all stores that do not outlive a step. Those in `apart` share theirs with no other. */
export function planMemory(
  passes: readonly Pass[],
  batch: number,
  apart: ReadonlySet<Store> = new Set(),
): MemoryPlan {
  const lastUse = new Map<Store, number>();
  for (const [index, { bindings }] of passes.entries()) {
    for (const { store } of bindings) lastUse.set(store, index);
  }
  const pieces: number[] = [];
  const free: number[] = [];
  const pieceOf = new Map<Store, number>();
  for (const [index, { bindings }] of passes.entries()) {
    for (const { store } of bindings) {
      if (store.kept || pieceOf.has(store)) continue;
      const bytes = storeBytes(store, batch);
      const piece = apart.has(store) ? undefined : takeFitting(free, pieces, bytes);
      if (piece === undefined) {
        pieceOf.set(store, pieces.length);
        pieces.push(bytes);
      } else pieceOf.set(store, piece);
    }
    for (const { store } of bindings) {
      const piece = pieceOf.get(store);
      if (piece === undefined || lastUse.get(store) !== index || apart.has(store)) continue;
      if (!free.includes(piece)) free.push(piece);
    }
  }
  return { pieces, pieceOf };
}

/** Takes the smallest free piece that is large enough, but not four times too large; else none. */
function takeFitting(free: number[], pieces: readonly number[], bytes: number): number | undefined {
  let best = -1;
  for (const [place, piece] of free.entries()) {
    const size = pieces[piece] ?? 0;
    const fits = size >= bytes && size <= 4 * bytes + 65536;
    if (fits && (best < 0 || size < (pieces[free[best] ?? 0] ?? 0))) best = place;
  }
  if (best < 0) return undefined;
  const [piece] = free.splice(best, 1);
  return piece;
}
