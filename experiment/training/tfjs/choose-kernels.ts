/** Which operators a package computes with: TensorFlow's own, or those put together from others. */

import { composedKernels } from './composed-kernels.ts';
import type { Kernels } from './kernels.ts';
import type { LoadedPackage } from './load.ts';
import { nativeKernels } from './native-kernels.ts';

/** The operators of a package: its own, where it has them. */
export function kernelsOf({ tf, native }: LoadedPackage): Kernels {
  return native === null ? composedKernels(tf) : nativeKernels(tf, native);
}
