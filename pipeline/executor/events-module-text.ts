/** The text of `pipeline_events.py`. `bin/build-program.js` puts the text itself in the place of this module. */

import { readFileSync } from 'node:fs';

/** The text of `contract/pipeline_events.py`. */
export const EVENTS_MODULE: string = readFileSync(
  new URL('../contract/pipeline_events.py', import.meta.url),
  'utf8',
);
