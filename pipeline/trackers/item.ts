/** What trackers are told of an experiment: the lines of its journal. */

import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';

/** How the work at an experiment ended. */
export type ItemStatus = 'finished' | 'failed' | 'interrupted';

/** A layer of a model, or any other vertex of a graph that a stage reads. */
export interface TrackedLayer {
  readonly name: string;
  readonly op: string;
  /** The names of those whose values it takes. */
  readonly inputs: readonly string[];
  /** Its settings, in words. */
  readonly settings: string;
}

/** A line of an experiment's journal. `time` is milliseconds since the epoch. */
export type TrackItem =
  /** A stage begins, or goes on where an earlier attempt, or a shorter one, left off. */
  | {
      readonly type: 'begin';
      readonly time: number;
      readonly isFirst: boolean;
      readonly node: string;
      readonly stage: string;
      readonly profile: string;
      readonly run: string;
      readonly fingerprint: string;
      /** The axes of the cell and all parameters, by dotted name. */
      readonly params: JsonObject;
    }
  /** What was measured. */
  | {
      readonly type: 'metrics';
      readonly time: number;
      /** A whole number. */
      readonly step: number;
      readonly epoch: number | null;
      readonly values: Readonly<Record<string, number>>;
    }
  /** What the stage came to. */
  | {
      readonly type: 'summary';
      readonly time: number;
      readonly step: number;
      readonly values: JsonObject;
    }
  /** An output of the stage, by what the cache has it under. */
  | {
      readonly type: 'file';
      readonly time: number;
      readonly role: 'image' | 'asset';
      /** The name of the output, and that of its file. */
      readonly name: string;
      readonly file: string;
      readonly digest: string;
      readonly step: number;
    }
  | { readonly type: 'graph'; readonly time: number; readonly layers: readonly TrackedLayer[] }
  | { readonly type: 'end'; readonly time: number; readonly status: ItemStatus };

/** Members by type that a line must have, with the `typeof` of each. */
const MEMBERS: Readonly<Record<TrackItem['type'], Readonly<Record<string, string>>>> = {
  begin: {
    isFirst: 'boolean',
    node: 'string',
    stage: 'string',
    profile: 'string',
    run: 'string',
    fingerprint: 'string',
    params: 'object',
  },
  metrics: { step: 'number', values: 'object' },
  summary: { step: 'number', values: 'object' },
  file: { role: 'string', name: 'string', file: 'string', digest: 'string', step: 'number' },
  graph: { layers: 'object' },
  end: { status: 'string' },
};

/** A step as trackers keep it, a whole number: the nearest one; null where it is none that is exact. */
export function toWholeStep(step: number): number | null {
  // Without the sign of a zero.
  const whole = Math.round(step) + 0;
  return Number.isSafeInteger(whole) ? whole : null;
}

/** The text of an item in a journal, with its line break. */
export function formatItem(item: TrackItem): string {
  return `${JSON.stringify(item)}\n`;
}

/** The item of a line; null for one that a crash cut off, or that is none. */
export function parseItem(line: string): TrackItem | null {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(value)) return null;
  const members = MEMBERS[value['type'] as TrackItem['type']] as
    | Readonly<Record<string, string>>
    | undefined;
  if (members === undefined || typeof value['time'] !== 'number') return null;
  const fits = Object.entries(members).every(
    ([name, type]) => value[name] !== null && typeof value[name] === type,
  );
  return fits ? (value as unknown as TrackItem) : null;
}
