/** Before parsing: the bytes of a file → its text, which must be UTF-8. */

import { isUtf8 } from 'node:buffer';
import type { Diagnostic } from './diagnostic.ts';

/**
 * The text of a file that a person edits, which is to be UTF-8: other bytes would be replaced in silence,
 * so that a name with an accent would be another name.
 *
 * @param file its name, for the place of a mistake
 * @returns the text, with replacements where there is a mistake
 */
export function decodeText(
  file: string,
  bytes: Buffer,
): { readonly text: string; readonly diagnostics: readonly Diagnostic[] } {
  const text = bytes.toString('utf8');
  const mistake = (message: string, line: number, column: number): Diagnostic => ({
    code: 'yaml-syntax',
    message,
    location: { file, line, column },
    expected: 'a file saved as UTF-8',
  });
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    return { text, diagnostics: [mistake('this file is UTF-16', 1, 1)] };
  }
  if (isUtf8(bytes)) return { text, diagnostics: [] };
  const back = Buffer.from(text);
  const at = bytes.findIndex((byte, i) => byte !== back[i]);
  const before = bytes.subarray(0, at).toString('utf8').split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return { text, diagnostics: [mistake('this is no UTF-8', before.length, column)] };
}
