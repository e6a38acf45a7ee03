/** A line from a stage's process → an event, or nothing. */

import type { StageEvent } from '../contract/stage.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';

/** Reads a line from a stage's process; null for anything that is not an event as the contract has it. */
export function parseEvent(line: string): StageEvent | null {
  let event: Json;
  try {
    event = JSON.parse(line) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(event)) return null;
  switch (event['type']) {
    case 'message': {
      const { text, level } = event;
      if (typeof text !== 'string') return null;
      return { type: 'message', text, level: level === 'warning' ? 'warning' : 'info' };
    }
    case 'progress':
      return parseProgress(event);
    case 'fraction': {
      const { value } = event;
      return typeof value === 'number' ? { type: 'fraction', value } : null;
    }
    case 'metrics': {
      const { step, values } = event;
      if (!isJsonObject(values)) return null;
      return { type: 'metrics', step: typeof step === 'number' ? step : null, values };
    }
    case 'line': {
      const { text } = event;
      return typeof text === 'string' ? { type: 'line', text } : null;
    }
    case 'summary': {
      const { values } = event;
      return isJsonObject(values) ? { type: 'summary', values } : null;
    }
    default:
      return null;
  }
}

function parseProgress(event: JsonObject): StageEvent | null {
  const { label, unit, done, total, fields } = event;
  if (typeof label !== 'string' || typeof unit !== 'string' || typeof done !== 'number')
    return null;
  if (total !== null && typeof total !== 'number') return null;
  if (!isJsonObject(fields)) return null;
  const texts = Object.fromEntries(
    Object.entries(fields).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    ),
  );
  return { type: 'progress', label, unit, done, total, fields: texts };
}
