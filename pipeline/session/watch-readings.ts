/** `watch` of stages with `inputs: auto`: only when a run is over is it known what else to watch. */

import { planNodes } from '../inspect/plan.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { compareOwnParts, type OwnParts, withoutFound } from '../watch/own-parts.ts';
import type { WatchedPaths } from '../watch/watched-paths.ts';
import type { Session } from './open-session.ts';

/** What of the workspace nodes read, as far as it is declared or was seen. */
export function listWatchedInputs({ nodes, root, tools }: Session): Omit<WatchedPaths, 'files'> {
  const sources = nodes.flatMap(({ inputs }) => inputs.flatMap((input) => input.sources));
  const files = sources.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const finding = nodes.filter(({ findsInputs }) => findsInputs);
  const found = finding.flatMap(({ id }) => tools.reads.latestOf(id));
  const paths = [...files, ...found.map((key) => key.replace(/\/$/, ''))];
  return {
    inputs: new Set(paths.map((path) => resolveIn(root, path))),
    ignored: tools.ignored,
  };
}

/** A call to look again, though nothing was edited. */
export class Wake {
  /** Fulfils {@link Wake.next}. */
  wake = (): void => {};
  /** No edits. */
  readonly next = new Promise<readonly string[]>((resolve) => {
    this.wake = () => resolve([]);
  });
}

/**
 * Whether a run that is over has left nothing to do: nothing else was edited meanwhile, and no node with
 * `inputs: auto` that has had a result would run, because what it reads has changed since it was read.
 *
 * @param failed nodes that wait for an edit
 */
export async function isSettled(
  { graph, nodes, tools, recall, history }: Session,
  before: OwnParts | null,
  after: OwnParts,
  failed: ReadonlySet<string>,
): Promise<boolean> {
  const edited = compareOwnParts(withoutFound(before ?? new Map()), withoutFound(after));
  if (edited.length > 0) return false;
  const plan = await planNodes(graph, nodes, { ...tools, recall }, false);
  return !plan.nodes.some(
    ({ node, state, fingerprint }) =>
      node.findsInputs &&
      state === 'run' &&
      !failed.has(node.id) &&
      fingerprint !== null &&
      history.ofNode(node.stage.name, node.id, node.cell).length > 0,
  );
}
