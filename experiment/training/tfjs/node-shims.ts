/** What tfjs-node 4.22 needs of a process before it is loaded there. */

import util from 'node:util';

/** Two functions that Node 23 removed and tfjs-node calls. */
const REMOVED = {
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isArray: Array.isArray,
};

/** Makes this process fit for loading tfjs-node; a second call changes nothing. */
export function prepareForTfjsNode(): void {
  for (const [name, replacement] of Object.entries(REMOVED)) {
    if (!(name in util)) Object.assign(util, { [name]: replacement });
  }
  // Else TensorFlow tells on standard error which instructions it was compiled for.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
}
