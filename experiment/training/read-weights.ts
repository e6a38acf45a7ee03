/** The weights of a trained model, as a training left them for the stages that come after it. */

import { readFile } from 'node:fs/promises';
import { fail } from '../data/failure.ts';
import type { Model } from '../models/model.ts';
import { readModelValues } from './checkpoint.ts';
import type { ModelValues } from './engine.ts';
import { decodeSafetensors } from './safetensors.ts';

/**
 * Reads a file with weights and statistics alone.
 *
 * @throws StageFailure where it cannot be read, or is not of this model
 */
export async function readWeights(path: string, model: Model): Promise<ModelValues> {
  try {
    return readModelValues(model, decodeSafetensors(await readFile(path)).tensors, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`cannot read the weights of ${model.name} from ${path}: ${reason}`);
  }
}
