/** What a stage's events measure: numbers with their step. */

import type { StageEvent } from '../contract/stage.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';

/** Numbers that were measured together. */
export interface Measured {
  /** Null where the stage gives none. */
  readonly step: number | null;
  readonly epoch: number | null;
  readonly values: Readonly<Record<string, number>>;
}

/** The numbers of an event, of metrics or of a bar, see {@link readBar}; null where there are none. */
export function measure(event: StageEvent): Measured | null {
  if (event.type === 'metrics') return readMetrics(event);
  return event.type === 'progress' ? readBar(event) : null;
}

/** `epoch` among the numbers says which one. */
function readMetrics({ step, values }: Extract<StageEvent, { type: 'metrics' }>): Measured | null {
  const { epoch, ...numbers } = Object.fromEntries(
    Object.entries(flattenValues(values)).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );
  if (Object.keys(numbers).length === 0 && epoch === undefined) return null;
  if (Object.keys(numbers).length === 0)
    return { step, epoch: epoch ?? null, values: { epoch: epoch ?? 0 } };
  return { step, epoch: epoch ?? null, values: numbers };
}

/**
 * The numbers behind a bar that is full and whose label is a number, that of an epoch: as they are shown,
 * with the digits that they are shown with, under `running/`. The step is that of the epoch's end.
 */
export function readBar({
  label,
  done,
  total,
  fields,
}: Omit<Extract<StageEvent, { type: 'progress' }>, 'type' | 'unit'>): Measured | null {
  if (total === null || done !== total || !/^\d+$/.test(label)) return null;
  const epoch = Number(label);
  const values: Record<string, number> = {};
  for (const [name, text] of Object.entries(fields)) {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) values[`running/${name}`] = value;
  }
  return Object.keys(values).length === 0 ? null : { step: epoch * total, epoch, values };
}
