/** The reporter for a terminal: bars that are redrawn, and what scrolls above them. */

import { type Clock, systemClock } from './clock.ts';
import type { Reporter, RunEvent } from './events.ts';
import { composeFrame } from './frame.ts';
import { openNarrator } from './narration.ts';
import type { OutputStream } from './output.ts';
import { onProcessEnd } from './process-end.ts';
import { applyEvent, openRunProgress } from './run-progress.ts';
import type { Palette } from './style.ts';
import { openTerminalRegion } from './terminal-region.ts';
import { wrapLine } from './wrap.ts';

/** Time between two frames: ten a second are smooth, and cheap however many events arrive. */
const frameMilliseconds = 100;

/** What a live reporter draws with. */
export interface LiveOptions {
  readonly stream: OutputStream;
  readonly palette: Palette;
  /** Whether each node gets a line of its own. */
  readonly isVerbose?: boolean;
  readonly clock?: Clock;
}

/**
 * The reporter for a terminal: a line for the whole run and a tqdm-like bar for each running node
 * at the bottom, redrawn in place; above them scrolls what stays: finished nodes, messages of
 * stages, warnings, failures. Nodes that come from the cache are summed up in one line for each
 * uninterrupted sequence of them. Drawing follows a ticker, not the events.
 */
export function openLiveReporter({
  stream,
  palette,
  isVerbose = false,
  clock = systemClock,
}: LiveOptions): Reporter {
  const state = openRunProgress();
  const narrator = openNarrator(palette, isVerbose);
  const region = openTerminalRegion(stream);
  let pending: string[] = [];
  let closed = false;

  function draw(): void {
    region.draw(takePending(), composeFrame(state, clock.now(), region.size(), palette));
  }

  function takePending(): string[] {
    const lines = pending;
    pending = [];
    return lines.flatMap((line) => wrapLine(line, region.size().columns));
  }

  function close(): void {
    if (closed) return;
    closed = true;
    stopTicking();
    stream.removeListener('resize', draw);
    forget();
    pending.push(...narrator.flush());
    region.draw(takePending(), []);
    region.release();
  }

  function report(event: RunEvent): void {
    if (closed) return;
    applyEvent(state, event);
    pending.push(...narrator.narrate(event));
    if (event.type === 'run-started' || event.type === 'run-finished') draw();
  }

  const stopTicking = clock.every(frameMilliseconds, draw);
  stream.on('resize', draw);
  const forget = onProcessEnd(close);
  return { report, close };
}
