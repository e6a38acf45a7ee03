/** The engines by name, as `engine.name` and `engine.device` choose them. */

import { fail } from '../data/failure.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { createOnnxEngine } from './onnx/onnx-engine.ts';

export interface EngineChoice {
  readonly name: string;
  readonly device: string;
}

/** Creates the chosen engine. Fails, naming what there is, where it does not exist. */
export async function createEngine(choice: EngineChoice, options: EngineOptions): Promise<Engine> {
  if (choice.name !== 'onnx') {
    return fail(`engine.name is "${choice.name}"; the only engine is "onnx"`);
  }
  if (choice.device !== 'cpu') {
    return fail(`engine.device is "${choice.device}"; the engine "onnx" runs on "cpu" only`);
  }
  return createOnnxEngine(options);
}
