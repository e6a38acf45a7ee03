/** Rights of files where the disk keeps them, and where it does not (vfat, some mounts). */

import { chmodSync, statfsSync } from 'node:fs';
import { isErrorCode, isSystemError } from './errors.ts';

/**
 * File systems (`f_type` of statfs) that keep no modes, or not as they are mounted here and there: all
 * files there may be executed, or none.
 */
const WITHOUT_MODES = new Set([
  0x4d44, // FAT
  0x2011bab0, // exFAT
  0x5346544e, // NTFS
  0x7366746e, // NTFS (ntfs3)
  0x65735546, // FUSE: NTFS, exFAT and others' disks
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9P: Windows' disks in WSL
  0x786f4256, // VirtualBox's shared folders
]);

/** Whether the right to execute a file is sure to be kept where a path is. */
export function keepsModes(path: string): boolean {
  try {
    // Negative on some machines.
    return !WITHOUT_MODES.has(statfsSync(path).type >>> 0);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return true;
  }
}

/**
 * Gives a file or folder of the engine's own its rights, where such are kept. What is made with the
 * fewest at first has no others where they are not.
 *
 * @throws a system error other than that rights are not kept there
 */
export function setMode(path: string | Buffer, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    if (!isErrorCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
  }
}
