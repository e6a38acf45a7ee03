/** Whether a device file lets this process in. */

import { accessSync, constants } from 'node:fs';

/** Whether this process may read and write a device. The kernel answers by the control group too, which keeps a job of a cluster to its own GPUs. */
export function mayOpenDevice(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
