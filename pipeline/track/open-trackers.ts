/** Choices of trackers → trackers that can be told something. */

import { join } from 'node:path';
import type { TrackersSpec } from '../pipeline-file/types.ts';
import { openTensorBoard } from '../trackers/tensorboard/tensorboard.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { TrackerName } from './choose-trackers.ts';

/** Where event files stand unless it is said. */
const FOLDER = 'tensorboard';

/** Opens a tracker. @param root absolute path of the workspace */
export function openTracker(_name: TrackerName, spec: TrackersSpec, root: string): Tracker {
  return openTensorBoard(join(root, spec.tensorboard?.folder ?? FOLDER));
}
