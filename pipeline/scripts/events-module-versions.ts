/** Code of commands: copies of `pipeline_events.py` in workspaces, which decide no result. */

import { basename } from 'node:path';
import type { Digest } from '../fingerprint/canonical.ts';

/** What programs import it by. */
export const EVENTS_MODULE_NAME = 'pipeline_events';

/** SHA-256 of each version of `contract/pipeline_events.py` that was ever shipped. */
const VERSIONS: readonly string[] = [
  '2ac8e3f108198f6e08dc16c87c3752497627966d9606710aec3b156530c1bea1',
];

/** Whether a module is a copy of `pipeline_events.py` that nobody has edited, so that it does not count. */
export function isEventsModule(file: string, bytes: Digest): boolean {
  return basename(file) === `${EVENTS_MODULE_NAME}.py` && VERSIONS.includes(bytes);
}
