/** The environment of a stage: little, and equal everywhere. */

import { showGpus } from './gpu-variables.ts';
import { findLocale } from './locale.ts';

/**
 * Variables that every stage process gets: where programs, homes, proxies, and the libraries and devices
 * of the machine are. None says what to compute, so none is in a fingerprint.
 */
const PASSED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  // What the ids of GPUs mean.
  'CUDA_DEVICE_ORDER',
  'CUDA_HOME',
  'CUDA_PATH',
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
  'ROCR_VISIBLE_DEVICES',
  'ONEAPI_DEVICE_SELECTOR',
  'ZE_AFFINITY_MASK',
  // Where Vulkan's loader finds drivers, and which of them it takes.
  'VK_DRIVER_FILES',
  'VK_ADD_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_LAYER_PATH',
  'VK_ADD_LAYER_PATH',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
  'VK_LOADER_DEVICE_SELECT',
  'MESA_VK_DEVICE_SELECT',
  'DRI_PRIME',
  'XDG_RUNTIME_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SYSTEMROOT',
];

/**
 * The environment of a stage process: little, so that a result cannot depend on a variable that
 * is not in its fingerprint, and with one locale and time zone everywhere.
 *
 * @param declared names of the variables that the stage declares
 * @param gpus ids of the GPUs that are the stage's. Without any it sees none, so that it cannot take
 *   another's
 * @param locale see {@link findLocale}
 */
export function makeStageEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
  gpus: readonly string[],
  locale = findLocale(),
): Record<string, string> {
  // Of its kinds the one for characters: the others are those of C already, in which texts sort by
  // bytes, and every program that starts would open a dozen files to learn the same.
  const chosen: Record<string, string> = { LC_CTYPE: locale, TZ: 'UTC' };
  for (const name of [...PASSED, ...declared]) {
    const value = environment[name];
    if (value !== undefined) chosen[name] = value;
  }
  return { ...chosen, ...showGpus(gpus, environment) };
}
