/** What a stage has told → points of its curves. */

import type { JsonObject } from '../contract/values.ts';
import {
  type LoggedEvent,
  numberMember,
  objectMember,
  textMember,
} from '../history/logged-event.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import { readBar } from '../progress/measured.ts';
import type { NodeCurves } from './run-view.ts';
import { addPoint, openSeries } from './series.ts';

/** Adds what a stage has measured to its curves, if it has told that; without a step, as the next one. */
export function addMeasured(curves: NodeCurves, told: LoggedEvent): void {
  const { step, values } = readNumbers(told);
  for (const [metric, value] of Object.entries(flattenValues(values))) {
    if (typeof value !== 'number') continue;
    const series = curves.get(metric) ?? openSeries();
    curves.set(metric, series);
    addPoint(series, step ?? series.count, value);
  }
}

/** Numbers that were measured, and at which step. */
interface Numbers {
  readonly step: number | null;
  readonly values: JsonObject;
}

const NOTHING: Numbers = { step: null, values: {} };

/** The numbers of metrics, or those behind a bar. */
function readNumbers(told: LoggedEvent): Numbers {
  const number = (name: string) => numberMember(told, name);
  if (told.type === 'metrics')
    return { step: number('step'), values: objectMember(told, 'values') };
  if (told.type !== 'progress') return NOTHING;
  const fields: Record<string, string> = {};
  for (const [name, text] of Object.entries<unknown>(objectMember(told, 'fields')))
    if (typeof text === 'string') fields[name] = text;
  const label = textMember(told, 'label') ?? '';
  return readBar({ label, done: number('done') ?? 0, total: number('total'), fields }) ?? NOTHING;
}
