/** `pipeline_events.py` for the programs of commands, wherever this program is installed. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS_MODULE } from './events-module-text.ts';

/**
 * Puts the module into a folder of a process's own, where Python may leave what it compiles.
 *
 * @param temporary the folder of this process
 * @returns the folder to look for modules in
 */
export function provideEventsModule(temporary: string): string {
  const folder = join(temporary, 'python');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pipeline_events.py'), EVENTS_MODULE);
  return folder;
}
