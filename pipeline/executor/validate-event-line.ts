/** The JSON Schema of lines of `PIPELINE_EVENTS` as a function, compiled ahead where it can be. */

import { Ajv, type ValidateFunction } from 'ajv';
import schema from '../contract/events.schema.json' with { type: 'json' };
import type { JsonObject } from '../contract/values.ts';
import options from './event-schema-options.json' with { type: 'json' };

/** A line as `events.schema.json` has it. */
export interface EventLine {
  readonly progress?: number | EventBar;
  readonly metrics?: JsonObject;
  readonly step?: number;
  readonly summary?: JsonObject;
  readonly message?: string;
  readonly level?: 'info' | 'warning';
}

/** A bar as `events.schema.json` has it. */
export interface EventBar {
  readonly done: number;
  readonly total?: number | null;
  readonly unit?: string;
  readonly label?: string;
  readonly fields?: JsonObject;
  readonly fraction?: number;
}

/**
 * Whether a value is a line of `PIPELINE_EVENTS`; its `errors` then say why not. `bin/build-program.js`
 * puts the compiled function in the place of this module.
 */
export const validateEventLine: ValidateFunction<EventLine> = new Ajv(options).compile<EventLine>(
  schema,
);
