/** The GPUs of a Linux machine, by their places on its bus. */

import { accessSync, constants, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A GPU as its driver lists it. */
export interface Card {
  /** Its place on the bus: `0000:3b:00.0`. */
  readonly address: string;
  /** What its driver calls it, as Vulkan does; null where it does not tell. */
  readonly model: string | null;
  /** `GPU-` and so on; null where its driver does not tell. */
  readonly uuid: string | null;
}

const ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i;

/**
 * The GPUs that this process may open, in the order of the bus, by which `CUDA_DEVICE_ORDER=PCI_BUS_ID` numbers
 * them: NVIDIA's where there are any, else those with a render node.
 *
 * @param root the root folder, for tests
 */
export function findCards(root = '/'): readonly Card[] {
  const nvidia = readNvidia(root);
  return nvidia.length > 0 ? nvidia : readRenderNodes(root);
}

function readNvidia(root: string): Card[] {
  const folder = join(root, 'proc/driver/nvidia/gpus');
  return list(folder).flatMap((address): Card[] => {
    const text = read(join(folder, address, 'information'));
    const find = (key: string) => new RegExp(`^${key}:\\s*(.+?)\\s*$`, 'm').exec(text)?.[1] ?? null;
    if (!mayOpen(join(root, 'dev', `nvidia${find('Device Minor')}`))) return [];
    return [{ address, model: find('Model'), uuid: find('GPU UUID') }];
  });
}

function readRenderNodes(root: string): Card[] {
  const folder = join(root, 'sys/class/drm');
  const addresses = list(folder)
    .filter((name) => name.startsWith('renderD') && mayOpen(join(root, 'dev/dri', name)))
    .map((name) => basename(follow(join(folder, name, 'device'))))
    .filter((address) => ADDRESS.test(address));
  return addresses.sort().map((address) => ({ address, model: null, uuid: null }));
}

/** The kernel answers by the control group too, which keeps a job of a cluster to its own GPUs. */
function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function follow(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}
