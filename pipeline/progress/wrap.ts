/** Lines for a terminal that is narrower than they are: broken between words, not amid one. */

import { textWidth } from './text.ts';

/** Widest share of a terminal that what follows on a line is indented by. */
const INDENT_SHARE = 0.5;

const WORD = /( *)([\d.]+ s(?!\w)\S*|\S+)/g;

/**
 * Breaks a line between words so that its parts fit `width` cells, except for words that are longer. What
 * goes on below stands under the second column where the line has one (text behind two spaces) not too
 * far to the right, else two cells farther in than the line.
 */
export function wrapLine(line: string, width: number): string[] {
  if (textWidth(line) <= width) return [line];
  const [start = ''] = /^ */.exec(line) ?? [];
  const [column] = /^ *\S+(?: \S+)*? {2,}(?=\S)/.exec(line) ?? [];
  const isNear = column !== undefined && textWidth(column) <= width * INDENT_SHARE;
  const indent = isNear ? textWidth(column) : start.length + 2;
  const lines: string[] = [];
  let current = start;
  let isEmpty = true;
  // Each word with the spaces before it, which go where the line is broken; a number keeps its seconds.
  for (const [, gap = '', word = ''] of line.slice(start.length).matchAll(WORD)) {
    if (!isEmpty && textWidth(current) + gap.length + textWidth(word) > width) {
      lines.push(current);
      current = ' '.repeat(indent);
      isEmpty = true;
    }
    current += isEmpty ? word : gap + word;
    isEmpty = false;
  }
  return [...lines, current];
}
