/** Finds where a training goes on: after a kill, or beyond the last epoch of a shorter one. */

import { readFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import type { Model } from '../../experiment/models/model.ts';
import type { RunLine } from '../../experiment/recorded/metrics.ts';
import { parseTiming } from '../../experiment/recorded/timing.ts';
import { type Checkpoint, decodeCheckpoint } from '../../experiment/training/checkpoint.ts';
import { loadNewestCheckpoint } from '../../experiment/training/checkpoint-store.ts';
import { say } from '../../experiment/training/progress.ts';

/**
 * The newest checkpoint of an earlier attempt, else the last one of the same training with fewer
 * epochs, else null. One that is damaged, or whose first line of metrics is another than `runLine`,
 * is passed over with a warning.
 */
export async function findStart(
  { scratch, previous, emit }: StageContext,
  model: Model,
  runLine: RunLine,
): Promise<Checkpoint | null> {
  const warn = (text: string) => say(emit, text, 'warning');
  const fits = ({ metrics }: Checkpoint) => JSON.stringify(metrics[0]) === JSON.stringify(runLine);
  const interrupted = await loadNewestCheckpoint(scratch, model, fits, warn);
  if (interrupted !== null) return interrupted;
  const { checkpoint, timing } = previous?.outputs ?? {};
  if (checkpoint === undefined || timing === undefined) return null;
  try {
    const shorter = decodeCheckpoint(model, await readFile(checkpoint));
    if (fits(shorter)) return { ...shorter, timing: parseTiming(await readFile(timing, 'utf8')) };
    warn('The shorter training found belongs to another one; starting from the first epoch');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`The shorter training found is damaged, starting from the first epoch: ${reason}`);
  }
  return null;
}
