/** The one door to TensorFlow.js: chooses a package and loads it, quiet and deterministic. */

import { fail } from '../../data/failure.ts';
import { asNative, type NativeBackend } from './native-backend.ts';
import { prepareForTfjsNode } from './node-shims.ts';
import { TFJS_PACKAGES, type TfjsDevice, type TfjsPackage } from './packages.ts';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** A package of TensorFlow.js, ready to compute. */
export interface LoadedPackage {
  readonly name: TfjsPackage;
  readonly tf: TensorFlow;
  /** Null where the package computes in JavaScript. */
  readonly native: NativeBackend | null;
}

/**
 * Threads of TensorFlow, however many there may be. oneDNN divides the sums of filter gradients and
 * of batch norms among its threads, so their bits depend on how many there are. Other formulations
 * of the filter gradient that do not (a convolution with the image as kernel, a product for each
 * position of the kernel) took two to four times as long on feature maps of 28×28.
 */
const THREADS = 2;

/** Literal imports: the fingerprint of a stage follows them, and counts which package is there. */
const IMPORTS: Readonly<Record<TfjsPackage, () => Promise<object>>> = {
  '@tensorflow/tfjs-node-gpu': () => import('@tensorflow/tfjs-node-gpu'),
  '@tensorflow/tfjs-node': () => import('@tensorflow/tfjs-node'),
  '@tensorflow/tfjs': () => import('@tensorflow/tfjs'),
  '@tensorflow/tfjs-backend-cpu': async () => {
    const core = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-cpu');
    return core;
  },
};

const INSTALL = 'pipeline engines install tfjs-node';

/** All packages share one registry of backends in a process, so there can only be one. */
let loaded: Promise<LoadedPackage> | undefined;

/**
 * Loads the first package that is installed; for `cuda`, the one for GPUs. Once a process: later
 * calls get the same. Fails, saying how to install it, where there is none or where it does not work.
 */
export async function loadTensorFlow(device: TfjsDevice): Promise<LoadedPackage> {
  loaded ??= loadFirst(device === 'cuda' ? ['@tensorflow/tfjs-node-gpu'] : TFJS_PACKAGES, device);
  const found = await loaded;
  if (device === 'cuda' && found.native?.isUsingGpuDevice !== true) {
    return fail(
      'engine.device is "cuda", but TensorFlow finds no GPU here: it needs an NVIDIA GPU with its ' +
        `driver, and what "${INSTALL} --gpu" installs`,
    );
  }
  return found;
}

/**
 * As {@link loadTensorFlow}, of one package by its name.
 *
 * @throws StageFailure where it is not installed, does not load, or finds no GPU
 */
export function loadPackage(name: TfjsPackage): Promise<LoadedPackage> {
  loaded ??= loadFirst([name], 'cpu');
  return loaded;
}

async function loadFirst(
  names: readonly TfjsPackage[],
  device: TfjsDevice,
): Promise<LoadedPackage> {
  prepareProcess(device);
  for (const name of names) {
    const tf = await importPackage(name);
    if (tf === null) continue;
    // Without checks and hints for beginners.
    tf.enableProdMode();
    const native = asNative(tf.backend());
    if (native === null) await tf.setBackend('cpu');
    await tf.ready();
    return { name, tf, native };
  }
  return device === 'cuda'
    ? fail(`engine.device is "cuda", which needs ${names[0]}: run "${INSTALL} --gpu"`)
    : fail(`the engine "tfjs" needs a package of TensorFlow.js: run "${INSTALL}"`);
}

/** The package's functions; null where it is not installed. Fails where it does not load. */
async function importPackage(name: TfjsPackage): Promise<TensorFlow | null> {
  try {
    const module = await quietly(IMPORTS[name]);
    return ('default' in module ? module.default : module) as TensorFlow;
  } catch (error) {
    if (isMissing(error)) return null;
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    const gpu = name === '@tensorflow/tfjs-node-gpu' ? ' --gpu' : '';
    return fail(`${name} is installed, but does not load (${line}): run "${INSTALL}${gpu}"`);
  }
}

/** True where the package itself is not there; not where something it needs is not. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && /^Cannot find package '@tensorflow\//.test(message);
}

/** Runs without warnings about old ways of the packages' dependencies. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    return await run();
  } finally {
    process.noDeprecation = before ?? false;
  }
}

/** Sets what the native libraries read when they are loaded. */
function prepareProcess(device: TfjsDevice): void {
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: String(THREADS),
    TF_NUM_INTEROP_THREADS: '1',
    TF_ENABLE_ONEDNN_OPTS: '1',
    // On a GPU the same bits every time, and no more memory than needed.
    TF_DETERMINISTIC_OPS: '1',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...(device === 'cpu' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
  });
  prepareForTfjsNode();
}
