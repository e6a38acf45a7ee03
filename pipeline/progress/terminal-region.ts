/** The lines at the bottom of a terminal, redrawn without flicker. */

import type { FrameSize } from './frame.ts';
import { type OutputStream, openOutput } from './output.ts';
import { textWidth } from './text.ts';

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const eraseToLineEnd = '\u001B[K';
const eraseBelow = '\u001B[J';
/** Between these a terminal that knows them shows nothing; others ignore them. */
const beginFrame = '\u001B[?2026h';
const endFrame = '\u001B[?2026l';

/** The lines at the bottom of a terminal that are redrawn in place. */
export interface TerminalRegion {
  readonly size: () => FrameSize;
  /**
   * Prints `permanent` lines above the region, where they stay and may wrap, and replaces the
   * region by `lines`, which must be narrower than the terminal.
   */
  readonly draw: (permanent: readonly string[], lines: readonly string[]) => void;
  /** Gives the cursor back. */
  readonly release: () => void;
}

/**
 * A region on `stream`. A frame is one write that overwrites the lines in place and erases only
 * what is left over, so that nothing flickers even where synchronised output is unknown. Between
 * frames the cursor stands in the line below the region.
 */
export function openTerminalRegion(stream: OutputStream): TerminalRegion {
  const write = openOutput(stream);
  let drawn: readonly string[] = [];
  let hidden = false;

  function size(): FrameSize {
    return { columns: stream.columns || 80, rows: stream.rows || 24 };
  }

  /** Rows of the last frame now: a terminal that became narrower has wrapped its lines. */
  function countRows(): number {
    const { columns } = size();
    return drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
  }

  function draw(permanent: readonly string[], lines: readonly string[]): void {
    const rows = countRows();
    const same =
      lines.length === drawn.length && lines.every((line, index) => line === drawn[index]);
    if (permanent.length === 0 && same && rows === drawn.length) return;
    let frame = hidden || lines.length === 0 ? '' : hideCursor;
    hidden ||= lines.length > 0;
    if (rows > 0) frame += `\u001B[${rows}A\r`;
    // Lines that may wrap cannot be erased one by one: where one ends in the last column, erasing
    // to the end of the line would take its last character.
    if (permanent.length > 0) frame += `${eraseBelow}${permanent.join('\n')}\n`;
    frame += lines.map((line) => `${line}${eraseToLineEnd}\n`).join('');
    if (rows > lines.length) frame += eraseBelow;
    write(`${beginFrame}${frame}${endFrame}`);
    drawn = lines;
  }

  function release(): void {
    if (hidden) write(showCursor);
    hidden = false;
  }

  return { size, draw, release };
}
