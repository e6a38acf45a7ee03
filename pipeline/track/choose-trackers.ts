/** Which trackers a run has: `trackers:` of `pipeline.yaml`, `--tracker`. */

import {
  type Diagnostic,
  locateArgument,
  type Result,
  suggest,
} from '../pipeline-file/diagnostic.ts';
import type { TrackersSpec } from '../pipeline-file/types.ts';

/** The trackers beside the files of each run. */
export const TRACKER_NAMES = ['tensorboard', 'mlflow', 'comet'] as const;

/** One of {@link TRACKER_NAMES}. */
export type TrackerName = (typeof TRACKER_NAMES)[number];

/** What the arguments of a command say of trackers. */
export interface TrackerOptions {
  /** Each a name, `name=key` or `name=key@work` with the key of an experiment that is there, or `none`. */
  readonly tracker?: readonly string[];
}

/** An experiment that a tracker has already. */
export interface AdoptedExperiment {
  readonly key: string;
  /** The first letters of the work that it is of; null where any will do. */
  readonly work: string | null;
}

/** A tracker that a run has. */
export interface TrackerChoice {
  readonly name: TrackerName;
  /** The experiment to go on with; null for the one of the work, or a new one. */
  readonly adopted: AdoptedExperiment | null;
}

/** Reads which trackers there are: those that are declared, and those that are asked for. */
export function chooseTrackers(
  spec: Pick<TrackersSpec, TrackerName>,
  { tracker: asked = [] }: TrackerOptions,
): Result<readonly TrackerChoice[]> {
  const diagnostics: Diagnostic[] = [];
  const chosen = new Map<TrackerName, AdoptedExperiment | null>();
  if (!asked.includes('none')) {
    for (const name of TRACKER_NAMES) if (spec[name] !== null) chosen.set(name, null);
  }
  for (const text of asked) {
    const [, word = '', key, work = null] = /^([^=]*)(?:=([^@]*)(?:@(.*))?)?$/s.exec(text) ?? [];
    const name = TRACKER_NAMES.find((one) => one === word);
    const mayAdopt = name !== 'tensorboard' && key !== '';
    if (name !== undefined && (key === undefined || mayAdopt)) {
      chosen.set(name, key === undefined ? null : { key, work });
    } else if (text !== 'none' && text !== 'jsonl') diagnostics.push(refuse(text, word));
  }
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, value: [...chosen].map(([name, adopted]) => ({ name, adopted })) };
}

function refuse(text: string, word: string): Diagnostic {
  return {
    code: 'bad-argument',
    message: `--tracker "${text}" is no tracker`,
    location: locateArgument('--tracker'),
    expected: `${TRACKER_NAMES.join(', ')}, name=key for an experiment that is there, or none`,
    ...suggest(word, TRACKER_NAMES),
  };
}
