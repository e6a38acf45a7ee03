/** Which GPUs the machine offers, for the resources of a run. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them: those that the
 * user's own CUDA_VISIBLE_DEVICES lists, else as many as the machine shows, by number.
 *
 * @param root the root folder, for tests
 */
export function findGpus(
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
): string[] {
  const visible = environment['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined) return parseVisibleDevices(visible);
  // CUDA numbers from 0 what a container was given, whatever the numbers of the device files.
  const count =
    countEntries(join(root, 'dev'), /^nvidia\d+$/) ||
    countEntries(join(root, 'proc', 'driver', 'nvidia', 'gpus'), /^/);
  return Array.from({ length: count }, (_, number) => String(number));
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
