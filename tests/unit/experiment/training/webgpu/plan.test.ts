import { describe, expect, it } from 'vitest';
import { findModel, MODEL_NAMES } from '../../../../../experiment/models/registry.ts';
import type { GpuMachine } from '../../../../../experiment/training/webgpu/kernels/tile.ts';
import { planMemory, storeBytes } from '../../../../../experiment/training/webgpu/memory.ts';
import type { Pass } from '../../../../../experiment/training/webgpu/pass.ts';
import {
  planEvaluation,
  planTraining,
  prepareModel,
} from '../../../../../experiment/training/webgpu/plan/compile.ts';
import { fixedStore, type Store } from '../../../../../experiment/training/webgpu/tensors.ts';

/** A large GPU. */
const MACHINE: GpuMachine = { processors: 132, workgroupBytes: 49152, workgroupThreads: 1024 };
const BATCH = 128;
const SGD = { momentum: 0.9, weightDecay: 0 };

/** Each dispatch costs some microseconds of the host and of the GPU. */
const MOST_DISPATCHES: Readonly<Record<string, number>> = {
  MLP1: 10,
  MLP3: 18,
  Net: 50,
  AlexNetSmall: 50,
  WideResNet: 180,
  InceptionSmall: 250,
  InceptionSmallWithoutBN: 250,
};

function plansOf(name: string, width: number): readonly (readonly [string, readonly Pass[]])[] {
  const sources = {
    images: {
      kind: 'numbers' as const,
      images: [fixedStore('images', BATCH * 3 * 28 * 28, true)],
      height: 28,
      width: 28,
    },
    labels: fixedStore('labels', BATCH, true),
    results: fixedStore('results', 2, true),
  };
  const setting = { machine: MACHINE, batch: BATCH };
  const prepared = prepareModel(findModel(name, { width }));
  const training = planTraining(prepared, sources, { ...setting, sgd: SGD });
  const evaluation = planEvaluation(prepared, sources, setting);
  return [
    ['training', training.passes],
    ['evaluation', evaluation.passes],
  ];
}

describe.each(MODEL_NAMES)('the plan of %s', (name) => {
  it('has few dispatches a step, none larger than WebGPU takes', () => {
    for (const [, passes] of plansOf(name, 1)) {
      expect(passes.length).toBeLessThanOrEqual(MOST_DISPATCHES[name] ?? 0);
      for (const { grid, bindings } of passes) {
        expect(Math.max(...grid(BATCH))).toBeLessThanOrEqual(65535);
        expect(bindings.length).toBeLessThanOrEqual(8);
      }
    }
  });

  it.each([1, 0.17])('reads nothing that was not written before, at width %d', (width) => {
    for (const [, passes] of plansOf(name, width)) {
      const written = new Set<Store>();
      for (const { label, bindings } of passes) {
        for (const { store, written: writes } of bindings) {
          if (!writes && !store.kept)
            expect(written, `${label} reads ${store.name}`).toContain(store);
        }
        for (const { store, written: writes } of bindings) if (writes) written.add(store);
      }
    }
  });

  it('never gives two values that are needed at once the same memory', () => {
    for (const [, passes] of plansOf(name, 1)) {
      const { pieces, pieceOf } = planMemory(passes, BATCH);
      const last = new Map<Store, number>();
      for (const [index, { bindings }] of passes.entries()) {
        for (const { store } of bindings) last.set(store, index);
      }
      const holders = new Map<number, Store>();
      for (const [index, { label, bindings }] of passes.entries()) {
        for (const { store } of bindings) {
          const piece = pieceOf.get(store);
          if (piece === undefined) continue;
          expect(pieces[piece]).toBeGreaterThanOrEqual(storeBytes(store, BATCH));
          const holder = holders.get(piece);
          const free = holder === undefined || holder === store || (last.get(holder) ?? 0) < index;
          expect(free, `${label}: ${store.name} and ${holder?.name}`).toBe(true);
          holders.set(piece, store);
        }
      }
    }
  });
});
