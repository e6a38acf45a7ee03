/** Text of stages made safe to print, measured and cut in cells. */

import { stripVTControlCharacters } from 'node:util';

/** A colour or style sequence, the only escape that the reporters themselves write into a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what it is about
const style = /(\u001B\[[0-9;]*m)/u;
const invisible = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
/** Characters that a terminal draws two cells wide (Unicode TR 11, Wide and Fullwidth). */
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u;
const plainAscii = /^[\x20-\x7E]*$/;

/**
 * Text of a stage as one line that is safe to print: without escape sequences and control
 * characters, tabs and line ends as spaces.
 */
export function cleanLine(text: string): string {
  if (plainAscii.test(text)) return text;
  return stripVTControlCharacters(text)
    .replace(/[\t\r\n]+/gu, ' ')
    .replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '')
    .trimEnd();
}

/**
 * Text of a stage as printable lines. Of a line that was overwritten with carriage returns, what
 * was written last.
 */
export function cleanLines(text: string): string[] {
  const lines = stripVTControlCharacters(text).trimEnd().split(/\r?\n/u);
  return lines.map((line) => cleanLine(line.trimEnd().split('\r').at(-1) ?? ''));
}

/** Cells that a line takes on a terminal; style sequences take none. */
export function textWidth(text: string): number {
  if (plainAscii.test(text)) return text.length;
  let width = 0;
  for (const part of text.split(style)) {
    if (style.test(part)) continue;
    for (const character of part) width += characterWidth(character);
  }
  return width;
}

/** Cuts a line to at most `width` cells, an ellipsis in its last one; styles are still closed. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let room = width - 1;
  let cut = '';
  for (const part of text.split(style)) {
    if (style.test(part)) {
      cut += part;
      continue;
    }
    for (const character of part) {
      if (room < 0) break;
      const cells = characterWidth(character);
      if (cells > room) {
        cut += '…';
        room = -1;
      } else {
        cut += character;
        room -= cells;
      }
    }
  }
  return cut;
}

/** Pads a line with spaces to `width` cells. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xad ? 0 : 1;
  if (invisible.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
