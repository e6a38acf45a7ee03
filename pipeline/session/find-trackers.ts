/** The trackers of a session, by `pipeline.yaml` and the arguments. */

import type { TrackerChoice, TrackerOptions } from '../track/choose-trackers.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session } from './open-session.ts';

/** A tracker as `--tracker` has it: `mlflow`, `comet=key`, `comet=key@work`. */
export function formatTracker({ name, adopted }: TrackerChoice): string {
  if (adopted === null) return name;
  return `${name}=${adopted.key}${adopted.work === null ? '' : `@${adopted.work}`}`;
}

/**
 * Which trackers a session has.
 *
 * @throws {UserMistakes} where what was asked for is none
 */
export async function findTrackers(
  { graph, root }: Pick<Session, 'graph' | 'root'>,
  options: TrackerOptions,
): Promise<readonly TrackerChoice[]> {
  const { trackers } = graph.spec;
  const isDeclared = [trackers.tensorboard, trackers.mlflow, trackers.comet].some(Boolean);
  if (!isDeclared && options.tracker === undefined) return [];
  const { chooseTrackers } = await import('../track/choose-trackers.ts');
  const chosen = chooseTrackers(trackers, options);
  if (!chosen.ok) throw new UserMistakes(chosen.diagnostics, { root });
  return chosen.value;
}
