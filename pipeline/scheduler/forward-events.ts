/** Running, what an attempt says: events of its stage, and warnings about its result. */

import type { StageEvent } from '../contract/stage.ts';
import type { GraphNode } from '../graph/types.ts';
import { describeFault } from '../system/fault.ts';
import { type Run, stackPathOf } from './run.ts';

/** Tells a run what the stage of a node reports. */
export function forwardEvents({ id }: GraphNode, run: Run): (event: StageEvent) => void {
  const { now, report } = run.services.events;
  return (event) => report({ type: 'node-event', time: now(), node: id, event });
}

/** Warns of what was thrown and keeps nothing from going on. */
export function warnBy(
  onEvent: (event: StageEvent) => void,
  run: Run,
): (text: string, error: unknown) => void {
  return (text, error) => {
    const message = `${text}: ${describeFault(error, stackPathOf(run))}`;
    onEvent({ type: 'message', level: 'warning', text: message });
  };
}
