/** A line that a command writes to `PIPELINE_EVENTS` → events as modules report them, or what is wrong with it. */

import type { ErrorObject } from 'ajv';
import type { StageEvent } from '../contract/stage.ts';
import type { Json } from '../contract/values.ts';
import { flattenNested, parseLooseJson } from '../pipeline-file/loose-json.ts';
import { wordValue } from '../progress/wording.ts';
import { type EventBar, type EventLine, validateEventLine } from './validate-event-line.ts';

/** What a line says, or the end of "line 3 …": what is wrong with it. */
export type ReadLine =
  | { readonly ok: true; readonly events: readonly StageEvent[] }
  | { readonly ok: false; readonly fault: string };

/** Reads a line; an empty one says nothing. */
export function parseEventLine(line: string): ReadLine {
  if (line.trim() === '') return { ok: true, events: [] };
  let value: Json;
  try {
    value = parseLooseJson(line);
  } catch (error) {
    return { ok: false, fault: `is no JSON: ${(error as SyntaxError).message}` };
  }
  if (validateEventLine(value)) return { ok: true, events: toEvents(value) };
  return { ok: false, fault: describeError(validateEventLine.errors ?? []) };
}

function toEvents(line: EventLine): StageEvent[] {
  const { progress, metrics, step, summary, message, level } = line;
  const events: StageEvent[] = [];
  if (message !== undefined)
    events.push({ type: 'message', text: message, level: level ?? 'info' });
  if (typeof progress === 'number') events.push({ type: 'fraction', value: progress });
  else if (progress !== undefined) events.push(...readBar(progress));
  if (metrics !== undefined) {
    events.push({ type: 'metrics', step: step ?? null, values: flattenNested(metrics) });
  }
  if (summary !== undefined) events.push({ type: 'summary', values: flattenNested(summary) });
  return events;
}

/** A bar without a label is the whole stage, so that it tells how far that is. */
function readBar({ done, total = null, unit = 'it', label = '', ...rest }: EventBar): StageEvent[] {
  const fields = Object.entries(rest.fields ?? {}).map(([name, value]) => [
    name,
    wordValue(value) ?? 'null',
  ]);
  const whole = label === '' && total !== null && total > 0 ? Math.min(1, done / total) : null;
  const fraction = rest.fraction ?? whole;
  return [
    { type: 'progress', label, unit, done, total, fields: Object.fromEntries(fields) },
    ...(fraction === null ? [] : [{ type: 'fraction', value: fraction } as const]),
  ];
}

/** The mistake that lies deepest, as the others follow from it. */
function describeError(errors: readonly ErrorObject[]): string {
  const [error] = [...errors].sort((a, b) => b.instancePath.length - a.instancePath.length);
  const where = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  if (where === '' && error?.keyword === 'type') {
    return 'is no object, such as {"progress": 0.4}';
  }
  if (where === '' && error?.keyword === 'minProperties') {
    return 'is an empty object, which says nothing';
  }
  const { additionalProperty, allowedValues } = (error?.params ?? {}) as Record<string, unknown>;
  const what =
    additionalProperty === undefined
      ? `${error?.message ?? 'is no event'}${Array.isArray(allowedValues) ? ` (${allowedValues.join(', ')})` : ''}`
      : `has "${String(additionalProperty)}", which is unknown there`;
  if (where === '' && additionalProperty !== undefined) return what;
  return `has a mistake: ${where === '' ? 'it' : where} ${what}`;
}
