/** Configs of experiments as they are shown and published. */

import { parseDocument } from 'yaml';

/** A config without the block in which commands note what became of it. */
export function removeState(text: string): string {
  const document = parseDocument(text);
  return document.delete('state') ? document.toString() : text;
}
