/** Which GPU computes here, as what of the machine decides results, and what that was found by. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import type { MachineAnswer } from 'rederive/contract';
import { StageFailure } from '../../data/failure.ts';
import { type GpuDevice, openDevice } from './device.ts';
import { formatCuts } from './kernels/kept-cuts.ts';
import { NO_ADAPTER } from './no-adapter.ts';
import { TILES_FACT, tellTiles } from './tiles-fact.ts';
import { DAWN_PACKAGE, readTiles, TILES_FILE } from './tuning/kept-tiles.ts';

/** Variables that name drivers of Vulkan by their files. */
const FILES = ['VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'VK_ICD_FILENAMES'];
/** Variables that choose among drivers and devices otherwise. */
const CHOICES = [
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
  'VK_LOADER_DEVICE_SELECT',
  'MESA_VK_DEVICE_SELECT',
  'DRI_PRIME',
  'NVIDIA_VISIBLE_DEVICES',
  'CUDA_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
];
/** Where Vulkan's loader looks for drivers when no variable says. */
const DRIVER_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  join(homedir(), '.config/vulkan/icd.d'),
  join(homedir(), '.local/share/vulkan/icd.d'),
];
/** Kernel modules, devices, and the libraries that are installed; the last is macOS's version. */
const DEVICES = [
  '/proc/driver/nvidia/version',
  '/proc/driver/nvidia/gpus',
  '/sys/module/nvidia/version',
  '/sys/module/amdgpu/srcversion',
  '/sys/module/i915/srcversion',
  '/sys/module/xe/srcversion',
  '/dev/dri',
  '/dev/nvidia0',
  '/dev/nvidiactl',
  '/etc/ld.so.cache',
  '/System/Library/CoreServices/SystemVersion.plist',
];

/**
 * The adapter that computes, with its driver and backend; `none` where there is none, or the package is not
 * installed.
 *
 * @param counts whether it is one that results would be made on
 */
export async function tellAdapter(
  counts: (device: GpuDevice) => boolean = () => true,
): Promise<MachineAnswer> {
  const named = FILES.flatMap((name) => (process.env[name] ?? '').split(':')).filter(isAbsolute);
  const drivers = [...DRIVER_FOLDERS.flatMap(listFiles), ...named];
  const device = await findDevice(counts);
  const workspace = process.cwd();
  const tiles = device === null ? '' : formatCuts(readTiles(workspace, device));
  return {
    facts: {
      adapter: device?.name ?? NO_ADAPTER,
      ...(tiles === '' ? {} : { [TILES_FACT]: tellTiles(tiles) }),
    },
    files: [
      join(workspace, TILES_FILE),
      join(workspace, DAWN_PACKAGE),
      ...DRIVER_FOLDERS,
      ...named,
      ...drivers.flatMap(findLibrary),
      ...DEVICES,
    ],
    variables: [...FILES, ...CHOICES],
    // Much keeps a process from a GPU that is there: groups, containers, a driver that starts.
    isKept: device?.isProcessor === false || !hasCard(),
  };
}

/** Whether Linux shows a GPU, whoever may compute on it. */
function hasCard(): boolean {
  if (existsSync('/dev/nvidia0')) return true;
  return listFiles('/dev/dri').some((path) => basename(path).startsWith('renderD'));
}

async function findDevice(counts: (device: GpuDevice) => boolean): Promise<GpuDevice | null> {
  try {
    const device = await openDevice();
    return counts(device) ? device : null;
  } catch (error) {
    if (error instanceof StageFailure) return null;
    throw error;
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The library that a driver's file names, where that is by its path: an update replaces it. */
function findLibrary(file: string): string[] {
  try {
    const { ICD } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly ICD?: { readonly library_path?: unknown };
    };
    const path = ICD?.library_path;
    return typeof path === 'string' && isAbsolute(path) ? [path] : [];
  } catch {
    return [];
  }
}
