/** Which GPUs the machine offers, for the resources of a run. */

import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mayOpenDevice } from './may-open.ts';

/** Variables that name a driver of Vulkan: who sets one has something for it to drive. */
const DRIVERS = ['VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'VK_ICD_FILENAMES'];

/** An id as CUDA and HIP have it, and as Level Zero has it: a device, or a tile of one. */
const ID = /^(\d+|(GPU|MIG)-.+)$/;
const AFFINITY = /^\d+(\.\d+)?$/;

/**
 * The GPUs that this process may use, by the ids that it hands to stages: those that the user's own
 * CUDA_VISIBLE_DEVICES lists, else as many of NVIDIA's as it may open, by number. Where there are none,
 * others: those of HIP_VISIBLE_DEVICES, of ROCR_VISIBLE_DEVICES, within which HIP numbers from 0, or of
 * ZE_AFFINITY_MASK, else render nodes of Linux, one on macOS and Windows, one for each driver that is named.
 *
 * @param root the root folder, for tests
 */
export function findGpus(
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
  platform: string = process.platform,
): string[] {
  const listOf = (name: string, id = ID) => {
    const text = environment[name];
    return text === undefined ? undefined : listIds(text, id);
  };
  const visible = listOf('CUDA_VISIBLE_DEVICES');
  if (visible !== undefined) return visible;
  const nvidia = countNvidia(root);
  if (nvidia > 0) return number(nvidia);
  const rocm = listOf('ROCR_VISIBLE_DEVICES');
  return (
    listOf('HIP_VISIBLE_DEVICES') ??
    (rocm && number(rocm.length)) ??
    listOf('ZE_AFFINITY_MASK', AFFINITY) ??
    number(countOthers(environment, root, platform))
  );
}

/** CUDA numbers from 0 what a container or a job was given, whatever the numbers of the device files. */
function countNvidia(root: string): number {
  const devices = list(join(root, 'dev'), /^nvidia\d+$/);
  return devices.length > 0
    ? devices.filter(mayOpenDevice).length
    : list(join(root, 'proc', 'driver', 'nvidia', 'gpus'), /^/).length;
}

function countOthers(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
  platform: string,
): number {
  if (platform === 'darwin' || platform === 'win32') return 1;
  const nodes = list(join(root, 'dev', 'dri'), /^renderD\d+$/).filter(mayOpenDevice).length;
  if (nodes > 0) return nodes;
  const drivers = DRIVERS.map((name) => environment[name] ?? '').find((files) => files !== '');
  return drivers?.split(delimiter).filter((file) => file !== '').length ?? 0;
}

/** CUDA reads its list up to the first id that is none, such as -1. */
function listIds(text: string, id: RegExp): string[] {
  const ids = text.split(',').map((one) => one.trim());
  const end = ids.findIndex((one) => !id.test(one));
  return [...new Set(end === -1 ? ids : ids.slice(0, end))];
}

function number(count: number): string[] {
  return Array.from({ length: count }, (_, place) => String(place));
}

function list(folder: string, name: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((entry) => name.test(entry))
      .map((entry) => join(folder, entry));
  } catch {
    return [];
  }
}
