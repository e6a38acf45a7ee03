/** The engines that the parameters under `engine` name, opened outside of a stage. */

import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import type { CreateEngine } from '../../experiment/training/engine.ts';

/** An engine, and what it turns out to compute on. */
export interface EngineByName {
  readonly create: CreateEngine;
  /** The GPU's name, once an engine is created; null where it computes on none that it names. */
  readonly adapterOf: () => string | null;
}

/**
 * Loads the libraries of an engine, and no other's.
 *
 * @throws StageFailure where there is none of this name
 */
export async function openEngineByName(name: string): Promise<EngineByName> {
  if (name === 'onnx') {
    const { createOnnxEngine } = await import('../../experiment/training/onnx/create.ts');
    return { create: createOnnxEngine, adapterOf: () => null };
  }
  if (name === 'tfjs') {
    const { createTfjsEngine } = await import('../../experiment/training/tfjs/create.ts');
    return { create: createTfjsEngine, adapterOf: () => null };
  }
  if (name !== 'webgpu' && name !== 'auto') {
    return fail(`engine.name is "${name}"; expected onnx, tfjs, webgpu or auto`);
  }
  let adapter: string | null = null;
  const emit: StageContext['emit'] = (event) => {
    if (event.type === 'summary') adapter = String(event.values['adapter'] ?? '') || null;
  };
  // Of what a stage is told these ask for nothing but a way to report.
  const context = { emit } as StageContext;
  const named =
    name === 'webgpu'
      ? (await import('../../experiment/training/webgpu/named-engine.ts')).nameAdapter(context)
      : (await import('../../experiment/training/fastest-engine.ts')).chooseEngine(context);
  return {
    create: named.create,
    adapterOf() {
      // The summary of a result names what it was computed on.
      named.context.emit({ type: 'summary', values: {} });
      return adapter;
    },
  };
}
