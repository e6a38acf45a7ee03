/**
 * The tracker `tensorboard`: an event file for each experiment, in a folder of its own. What is written of an
 * item depends on nothing but the item, so that what a crash left half done is written over with the same bytes.
 */

import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../system/errors.ts';
import type { TrackItem } from '../item.ts';
import { readObject } from '../read-object.ts';
import {
  type ExperimentPlace,
  type TrackedExperiment,
  type Tracker,
  type TrackerBatch,
  TrackerFault,
  type TrackerMemory,
} from '../tracker.ts';
import { fileVersion, layerGraph, picture, scalars } from './event-records.ts';
import { sessionEnd, sessionStart } from './hparams.ts';
import { readImageSize } from './image-size.ts';

/** Items written at a time: some hundred kilobytes. */
const MOST = 2_000;

/** Opens the tracker. @param folder absolute; TensorBoard's `--logdir` */
export function openTensorBoard(folder: string): Tracker {
  return {
    name: 'tensorboard',
    open: (place, memory) => new EventFile(folder, place, memory),
  };
}

/** The event file of an experiment. */
class EventFile implements TrackedExperiment {
  readonly most = MOST;
  readonly #folder: string;
  readonly #place: ExperimentPlace;
  /** From the folder. */
  #path: string | null;
  /** Bytes that were written for good. */
  #length: number;

  constructor(folder: string, place: ExperimentPlace, memory: TrackerMemory | null) {
    this.#folder = folder;
    this.#place = place;
    const { file, length } = memory ?? {};
    this.#path = typeof file === 'string' ? file : null;
    this.#length = typeof length === 'number' ? length : 0;
  }

  async take({ items, remember, acknowledge }: TrackerBatch): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    try {
      if (this.#path === null || !this.#isThere()) {
        this.#path = this.#nameFile(first.time);
        this.#length = 0;
        remember({ file: this.#path, length: 0 });
      }
      const head = this.#length === 0 ? [fileVersion(first.time)] : [];
      const records = [...head, ...items.flatMap((item) => this.#toRecords(item))];
      this.#writeAt(Buffer.concat(records));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new TrackerFault('away', error.message, { isCertain: true });
    }
    acknowledge(items.length, { file: this.#path, length: this.#length });
  }

  /** A file that was removed begins anew. */
  #isThere(): boolean {
    const path = join(this.#folder, this.#path ?? '');
    return (statSync(path, { throwIfNoEntry: false })?.size ?? -1) >= this.#length;
  }

  /** TensorBoard takes files whose names hold `tfevents`, and reads those of a folder by the time in their names. */
  #nameFile(time: number): string {
    const { name, profile, id } = this.#place;
    const seconds = String(Math.floor(time / 1000)).padStart(10, '0');
    return join(profile, name, `events.out.tfevents.${seconds}.${id.slice(0, 12)}`);
  }

  #writeAt(bytes: Uint8Array): void {
    const path = join(this.#folder, this.#path ?? '');
    mkdirSync(join(path, '..'), { recursive: true });
    const fd = openSync(path, this.#length === 0 ? 'w' : 'r+');
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done, bytes.length - done, this.#length + done);
      }
    } finally {
      closeSync(fd);
    }
    this.#length += bytes.length;
  }

  #toRecords(item: TrackItem): Uint8Array[] {
    const { time } = item;
    switch (item.type) {
      case 'begin':
        return item.isFirst || this.#length === 0
          ? [sessionStart(time, item.params, this.#place.name)]
          : [];
      case 'metrics':
        return [scalars(time, item.step, item.values)];
      case 'summary': {
        const numbers = Object.entries(item.values).filter(
          (entry): entry is [string, number] => typeof entry[1] === 'number',
        );
        if (numbers.length === 0) return [];
        const tagged = numbers.map(([name, value]) => [`summary/${name}`, value]);
        return [scalars(time, item.step, Object.fromEntries(tagged))];
      }
      case 'file':
        return item.role === 'image' ? this.#toPicture(item) : [];
      case 'graph':
        return [layerGraph(time, item.layers)];
      case 'end':
        // The plugin takes the first end that it sees for the last.
        return item.status === 'finished' ? [sessionEnd(time, item.status)] : [];
    }
  }

  #toPicture({ time, step, name, digest }: Extract<TrackItem, { type: 'file' }>): Uint8Array[] {
    const bytes = readObject(this.#place.object(digest));
    const size = bytes === null ? null : readImageSize(bytes);
    return bytes === null || size === null ? [] : [picture(time, step, name, { ...size, bytes })];
  }
}
