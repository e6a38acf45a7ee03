/** The engine `tfjs` on one of its packages, for the suites: one package a process. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { loadPackage } from '../../../experiment/training/tfjs/load.ts';
import type { TfjsPackage } from '../../../experiment/training/tfjs/packages.ts';
import { openTfjsEngine } from '../../../experiment/training/tfjs/tfjs-engine.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import type { CreateEngine } from './samples.ts';

/** Creates engines on this package. */
function createOn(name: TfjsPackage): CreateEngine {
  return async (options) => openTfjsEngine(options, await loadPackage(name));
}

/** On TensorFlow.js's own backend, which the tests install. */
export const createOnJavaScript = createOn('@tensorflow/tfjs-backend-cpu');

/** On TensorFlow itself: for {@link describeOnTensorFlow}. */
export const createOnTensorFlow = createOn('@tensorflow/tfjs-node');

/** Whether `@tensorflow/tfjs-node` is installed with its library. */
const hasTensorFlow = existsSync(join(REPOSITORY, 'node_modules/@tensorflow/tfjs-node/lib'));

/** Describes suites on `@tensorflow/tfjs-node`; where it is not installed they are skipped, saying so. */
export function describeOnTensorFlow(suites: () => void): void {
  if (hasTensorFlow) describe('on @tensorflow/tfjs-node', suites);
  else describe.skip('on @tensorflow/tfjs-node: not installed (pipeline engines install)', suites);
}
