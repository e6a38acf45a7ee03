/** The packages of TensorFlow.js that the engine `tfjs` can run on: optional peers of this project. */

/** Values of `engine.device` with the engine `tfjs`. */
export const TFJS_DEVICES = ['cpu', 'cuda'] as const;
export type TfjsDevice = (typeof TFJS_DEVICES)[number];

/**
 * In order of preference. All but the first and the second compute in JavaScript alone: they are the
 * reference that tests compare with, about a thousand times slower. The last one stands for itself
 * and `@tensorflow/tfjs-core`: `@tensorflow/tfjs` without what this project does not use.
 */
export const TFJS_PACKAGES = [
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-cpu',
] as const;
export type TfjsPackage = (typeof TFJS_PACKAGES)[number];
