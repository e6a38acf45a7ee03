/** Which GPUs the machine offers, for the resources of a run. */

import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Variables that name a driver of Vulkan: who sets one has something for it to drive. */
const DRIVERS = ['VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'VK_ICD_FILENAMES'];

/**
 * The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them: those that the user's own
 * CUDA_VISIBLE_DEVICES lists, else as many of NVIDIA's as the machine shows, by number. Where there are
 * none, as many of others: render nodes of Linux, one on macOS and Windows, one for each driver that is named.
 *
 * @param root the root folder, for tests
 */
export function findGpus(
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
  platform: string = process.platform,
): string[] {
  const visible = environment['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined) return parseVisibleDevices(visible);
  // CUDA numbers from 0 what a container was given, whatever the numbers of the device files.
  const count =
    countEntries(join(root, 'dev'), /^nvidia\d+$/) ||
    countEntries(join(root, 'proc', 'driver', 'nvidia', 'gpus'), /^/);
  const others = count > 0 ? 0 : countOthers(environment, root, platform);
  return Array.from({ length: count || others }, (_, number) => String(number));
}

function countOthers(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
  platform: string,
): number {
  if (platform === 'darwin' || platform === 'win32') return 1;
  const nodes = countEntries(join(root, 'dev', 'dri'), /^renderD\d+$/);
  if (nodes > 0) return nodes;
  const drivers = DRIVERS.map((name) => environment[name] ?? '').find((files) => files !== '');
  return drivers?.split(delimiter).filter((file) => file !== '').length ?? 0;
}

/** CUDA reads its list up to the first id that is none, such as -1. */
function parseVisibleDevices(text: string): string[] {
  const ids = text.split(',').map((id) => id.trim());
  const end = ids.findIndex((id) => !/^(\d+|(GPU|MIG)-.+)$/.test(id));
  return [...new Set(end === -1 ? ids : ids.slice(0, end))];
}

function countEntries(folder: string, name: RegExp): number {
  try {
    return readdirSync(folder).filter((entry) => name.test(entry)).length;
  } catch {
    return 0;
  }
}
