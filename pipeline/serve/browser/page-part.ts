/** A part of the page, and when parts are drawn. */

import type { LiveState } from './live-state.ts';

/** A section that shows something of the state. */
export interface PagePart {
  readonly element: HTMLElement;
  /** Shows the state as of `now`, milliseconds since the epoch; changes only what is another. */
  readonly draw: (state: LiveState, now: number) => void;
}

/** So often a part is drawn at most while much happens, and at least, since times go on. */
const SHORTEST_MS = 250;
const LONGEST_MS = 1000;

/**
 * Draws parts when something has changed and the page is seen, one a frame, so that none keeps the browser
 * from what its user does.
 *
 * @returns what says that something has changed
 */
export function drawParts(parts: readonly PagePart[], state: LiveState): () => void {
  let isDue = false;
  let next = 0;
  const draw = () => {
    const part = parts[next];
    if (part === undefined) {
      next = 0;
      setTimeout(begin, SHORTEST_MS);
      return;
    }
    next += 1;
    part.draw(state, Date.now());
    requestAnimationFrame(draw);
  };
  let idleSince = 0;
  const begin = () => {
    const now = performance.now();
    if (isDue || now - idleSince > LONGEST_MS) {
      isDue = false;
      idleSince = now;
      requestAnimationFrame(draw);
    } else setTimeout(begin, SHORTEST_MS);
  };
  begin();
  return () => {
    isDue = true;
  };
}
