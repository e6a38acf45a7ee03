/** Names for what is on its way. */

import { randomBytes } from 'node:crypto';

/** A name that no other process picks. */
export function makeNonce(): string {
  return randomBytes(8).toString('hex');
}
