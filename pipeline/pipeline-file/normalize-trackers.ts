/** `trackers:` as the schema lets it pass → with defaults filled in. */

import { makeDictionary } from './normalize-stages.ts';
import type { TrackedStageSpec, TrackersSpec } from './types.ts';

interface RawTrackedStage {
  curves?: string;
  graph?: string;
  images?: string[];
  assets?: string[];
}

/** The section, in the shape that the schema guarantees. */
export interface RawTrackers {
  stages?: Record<string, RawTrackedStage>;
  tensorboard?: { folder?: string };
  mlflow?: { uri?: string; experiment?: string };
  comet?: { workspace?: string; project?: string; url?: string; skip?: string[] };
}

/** The section of a file that the schema has let pass, with defaults filled in. */
export function normalizeTrackers(raw: RawTrackers): TrackersSpec {
  const { stages = {}, tensorboard = null, mlflow = null, comet = null } = raw;
  const tracked = Object.entries(stages).map(([name, stage]): [string, TrackedStageSpec] => {
    const { curves = null, graph = null, images = [], assets = [] } = stage;
    return [name, { curves, graph, images, assets }];
  });
  return { stages: makeDictionary(tracked), tensorboard, mlflow, comet };
}
