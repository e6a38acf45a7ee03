/** The engine `onnx` in each of its layouts, for the suites. */

import { createOnnxEngine } from '../../../experiment/training/onnx/create.ts';
import type { CreateEngine } from './samples.ts';

export const createPlain: CreateEngine = (options) =>
  createOnnxEngine({ device: 'cpu', layout: 'plain' }, options);

export const createBlocked: CreateEngine = (options) =>
  createOnnxEngine({ device: 'cpu', layout: 'blocked' }, options);
