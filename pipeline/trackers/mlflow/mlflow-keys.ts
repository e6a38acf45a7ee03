/** Names of metrics, parameters and tags → keys that MLflow takes, each name one of its own. */

import { createHash } from 'node:crypto';
import type { Json } from '../../contract/values.ts';
import type { MlflowEntry } from './mlflow-api.ts';

/** Characters of a key that every server keeps, and how many of them tell apart what was cut off. */
const LONGEST = 250;
const MARK = 8;

/**
 * The key of a name: letters, digits, `_ - . /`, blanks and colons, which is a path without `.`, `..` and empty
 * steps, since servers that keep metrics in files refuse any other.
 * {@link https://github.com/mlflow/mlflow/blob/master/mlflow/utils/validation.py}
 */
export function toMlflowKey(name: string): string {
  const steps = name
    .replace(/[^\w\-. /:]/g, '_')
    .split('/')
    .filter((step) => step !== '')
    .map((step) => (step === '.' || step === '..' ? step.replaceAll('.', '_') : step));
  const key = steps.length === 0 ? '_' : steps.join('/');
  if (key.length <= LONGEST) return key;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, MARK);
  return `${key.slice(0, LONGEST - MARK - 1)}-${mark}`;
}

/** Values as parameters or tags; of names that have one key the first. @param longest characters of a value */
export function toMlflowEntries(
  values: Readonly<Record<string, Json>>,
  prefix: string,
  longest: number,
): MlflowEntry[] {
  const entries = new Map<string, MlflowEntry>();
  for (const [name, value] of Object.entries(values)) {
    const key = toMlflowKey(`${prefix}${name}`);
    if (entries.has(key)) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    entries.set(key, { key, value: text.slice(0, longest) });
  }
  return [...entries.values()];
}
