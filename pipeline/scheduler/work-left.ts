/** How much work waits, for the estimate of the end. */

import type { GraphNode, NodeId } from '../graph/types.ts';
import { scaleSeconds } from '../inspect/durations.ts';
import type { Durations, RunEvents } from './run-services.ts';

/** Where all have started, finding that out takes a while too. */
const LOOKED_AT_A_MS = 50;

/**
 * Tells of the nodes that have not started how long they are expected to take, from which the end of
 * the run is estimated. It goes over all of them, so in a large graph it tells less often.
 */
export class WorkLeft {
  readonly #durations: Durations;
  readonly #report: RunEvents['report'];
  /** In milliseconds since the epoch. */
  #tellAt = -Infinity;

  constructor(durations: Durations, report: RunEvents['report']) {
    this.#durations = durations;
    this.#report = report;
  }

  /** Seconds that a node is expected to take with some CPUs; null where nothing like it ever ran. */
  expect(node: GraphNode, cpus: number): number | null {
    const prediction = this.#durations.predict(node, null);
    return prediction.seconds === null ? null : scaleSeconds(prediction, cpus);
  }

  /**
   * @param time now, in milliseconds since the epoch
   * @param nodes how many there are in all
   * @param listWaiting finds the nodes that have neither started nor ended, in topological order
   */
  tell(time: number, nodes: number, listWaiting: () => readonly GraphNode[]): void {
    if (time < this.#tellAt) return;
    const waiting = listWaiting();
    this.#tellAt = time + Math.max(waiting.length, nodes / LOOKED_AT_A_MS);
    let seconds = 0;
    let unknown = 0;
    let longestSeconds = 0;
    /** When each would end if all could run that need no other. */
    const ends = new Map<NodeId, number>();
    for (const node of waiting) {
      const expected = this.expect(node, node.stage.resources.cpus);
      if (expected === null) unknown++;
      else seconds += expected;
      let end = 0;
      for (const id of node.upstream) end = Math.max(end, ends.get(id) ?? 0);
      end += expected ?? 0;
      ends.set(node.id, end);
      longestSeconds = Math.max(longestSeconds, end);
    }
    const about = { nodes: waiting.length, seconds, longestSeconds, unknown };
    this.#report({ type: 'work-left', time, ...about });
  }
}
