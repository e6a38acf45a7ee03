/** How much memory a GPU has, as far as the system tells: WebGPU does not. */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MEBIBYTE = 2 ** 20;
/** PCI's number for AMD. */
const AMD = '0x1002';
const CARDS = '/sys/class/drm';
const NVIDIA = ['--query-gpu=memory.total', '--format=csv,noheader,nounits'];
const TIMEOUT_MS = 10_000;

/**
 * Bytes that a GPU of this vendor has at most, of several the largest's; null where nobody tells. What shares the
 * memory of the processors has at most all of that.
 *
 * @param isShared whether it is a processor, or one's own GPU
 */
export async function findGpuMemory(vendor: string, isShared: boolean): Promise<number | null> {
  if (isShared || vendor === 'apple') return totalmem();
  const found = vendor === 'nvidia' ? await askNvidia() : vendor === 'amd' ? readAmd() : [];
  return found.length === 0 ? null : Math.max(...found);
}

async function askNvidia(): Promise<number[]> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', NVIDIA, { timeout: TIMEOUT_MS });
    return stdout
      .split('\n')
      .map((line) => Number.parseInt(line, 10) * MEBIBYTE)
      .filter((bytes) => bytes > 0);
  } catch {
    return [];
  }
}

/** With what its driver takes of the host's memory where its own is full. */
function readAmd(): number[] {
  try {
    return readdirSync(CARDS)
      .map((card) => join(CARDS, card, 'device'))
      .filter((device) => readText(join(device, 'vendor')) === AMD)
      .map(
        (device) =>
          readNumber(device, 'mem_info_vram_total') + readNumber(device, 'mem_info_gtt_total'),
      )
      .filter((bytes) => bytes > 0);
  } catch {
    return [];
  }
}

function readNumber(device: string, name: string): number {
  return Number(readText(join(device, name))) || 0;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
