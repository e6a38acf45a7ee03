/** Keeps checkpoints in a folder that outlives a killed training. */

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../models/model.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';

/** The newest may be found damaged: the one before it is kept too. */
const KEPT = 2;
const NAME = /^epoch-(\d+)\.safetensors$/;

/**
 * Saves a checkpoint: written aside, flushed to disk, then renamed, so that a kill at any moment
 * leaves either no file of that name or a whole one. Older ones but one are removed.
 */
export async function saveCheckpoint(
  folder: string,
  model: Model,
  checkpoint: Checkpoint,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `epoch-${checkpoint.epoch}.safetensors`);
  await writeDurably(`${path}.partial`, encodeCheckpoint(model, checkpoint));
  await rename(`${path}.partial`, path);
  await flush(folder);
  const saved = await listCheckpoints(folder);
  await Promise.all(saved.slice(KEPT).map((name) => rm(join(folder, name))));
}

/**
 * Loads the newest checkpoint that is whole and that `fits`; the others are skipped with a
 * warning. Returns null where there is none.
 */
export async function loadNewestCheckpoint(
  folder: string,
  model: Model,
  fits: (checkpoint: Checkpoint) => boolean,
  warn: (text: string) => void,
): Promise<Checkpoint | null> {
  for (const name of await listCheckpoints(folder)) {
    try {
      const checkpoint = decodeCheckpoint(model, await readFile(join(folder, name)));
      if (fits(checkpoint)) return checkpoint;
      warn(`Skipping the checkpoint ${name}: it belongs to another training`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      warn(`Skipping the damaged checkpoint ${name}: ${reason}`);
    }
  }
  return null;
}

/** Names of the saved checkpoints, the newest first. */
async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const epochOf = (name: string): number => Number(NAME.exec(name)?.[1]);
  return names.filter((name) => NAME.test(name)).sort((a, b) => epochOf(b) - epochOf(a));
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename in this folder last through a loss of power. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
