/** Names of nodes as names of files: `/` replaced, length kept to what file systems take. */

import { createHash } from 'node:crypto';

/** The most bytes that common file systems let a name have. */
export const LONGEST_NAME = 255;
/** Room for what is put behind a name: the number of an attempt, the end of a file's name. */
const ROOM = 40;
const HASH_LENGTH = 16;

/**
 * A text as the name of a file or folder: as it is where it fits, with room for an ending; else its
 * beginning, as far as that goes, and a digest of all of it. `/` becomes `--`; a text that has other
 * dashes which could be taken for that gets its digest too, so that no two texts have one name.
 */
export function fitName(text: string): string {
  const name = text.replaceAll('/', '--');
  const isPlain = name.replaceAll('--', '/') === text;
  if (isPlain && Buffer.byteLength(name) <= LONGEST_NAME - ROOM) return name;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const room = LONGEST_NAME - ROOM - HASH_LENGTH - 1;
  let start = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    start += character;
  }
  return `${start}~${digest}`;
}
