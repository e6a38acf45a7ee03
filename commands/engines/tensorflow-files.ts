/** The parts of TensorFlow that the binding needs, wherever they come from. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface TensorFlowFiles {
  /** Absolute paths of the shared libraries, the one with the C interface first. */
  readonly libraries: readonly string[];
  /** The folder that holds `tensorflow/c/c_api.h`. */
  readonly include: string;
  /** CUDA's libraries as Python's packages lay them out (`cublas/lib/…`); null where there are none. */
  readonly nvidia: string | null;
  /** For people: where all this is from. */
  readonly origin: string;
}

/** By preference: the C library alone, else the one that Python's package has. */
const INTERFACES = [
  /^libtensorflow\.(so\.\d+|\d+\.dylib)$/,
  /^libtensorflow_cc\.(so\.\d+|\d+\.dylib)$/,
];
const FRAMEWORK = /^libtensorflow_framework\.(so\.\d+|\d+\.dylib)$/;
const HEADER = join('tensorflow', 'c', 'eager', 'c_api.h');

/**
 * Finds the parts in a folder: a distribution of the C library (`lib/`, `include/`), or Python's
 * package `tensorflow`.
 *
 * @returns the parts, or what the folder lacks
 */
export function examineFolder(folder: string, origin: string): TensorFlowFiles | string {
  const places = [join(folder, 'lib'), folder].filter((place) => existsSync(place));
  for (const place of places) {
    const names = readdirSync(place).sort();
    const main = INTERFACES.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
    if (main === undefined) continue;
    const include = join(folder, 'include');
    if (!existsSync(join(include, HEADER))) return `${join(include, HEADER)} does not exist`;
    const framework = names.filter((name) => FRAMEWORK.test(name)).slice(0, 1);
    // Only Python's packages lie beside each other.
    const nvidia = place === folder ? join(folder, '..', 'nvidia') : '';
    return {
      libraries: [main, ...framework].map((name) => join(place, name)),
      include,
      nvidia: nvidia !== '' && existsSync(nvidia) ? nvidia : null,
      origin,
    };
  }
  return `neither ${folder} nor its lib/ holds libtensorflow.so.2 or libtensorflow_cc.so.2`;
}
