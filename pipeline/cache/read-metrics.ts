/** Outputs with `metrics: true` → the values that become their stage's summary. */

import { statSync } from 'node:fs';
import type { Json, JsonObject } from '../contract/values.ts';
import type { NodeOutput } from '../graph/types.ts';
import { flattenNested, parseLooseJson } from '../pipeline-file/loose-json.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { Obstacle } from '../system/fault.ts';
import { readTail } from '../system/files.ts';

/** Of a longer file the end is read, in which the last line must lie. */
const MOST_BYTES = 1 << 20;

/** Name and path of an output that has metrics. */
export type MeasuredOutput = Pick<NodeOutput, 'name' | 'path'>;

/** What a file of metrics says, or why it says nothing, as the end of "the metrics in m.json are left out: …". */
type ReadMetrics =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly fault: string };

/**
 * The values in outputs with metrics; those that say nothing are told of.
 *
 * @param outputs those with `metrics: true`
 * @param find where an output can be read; null where it cannot
 * @param complain told why the metrics of an output are left out
 */
export function readMetrics(
  outputs: readonly MeasuredOutput[],
  find: (output: MeasuredOutput) => string | null,
  complain: (text: string, error: unknown) => void,
): JsonObject {
  const values: Record<string, Json> = {};
  for (const output of outputs) {
    const text = `the metrics in ${output.path} are left out`;
    try {
      const path = find(output);
      if (path === null) continue;
      const read = readMetricsFile(path);
      if (read.ok) Object.assign(values, read.values);
      else complain(text, new Obstacle(read.fault));
    } catch (error) {
      complain(text, error);
    }
  }
  return values;
}

/**
 * Reads a JSON object, or the last line of JSON lines: its numbers, texts and booleans, nested ones by
 * dotted names; lists and nulls are left out.
 *
 * @throws a system error where the file cannot be read
 */
function readMetricsFile(path: string): ReadMetrics {
  const stats = statSync(path);
  if (!stats.isFile()) return { ok: false, fault: 'it is a folder, not a file of JSON' };
  const text = readTail(path, MOST_BYTES).toString('utf8');
  const isWhole = stats.size <= MOST_BYTES;
  const whole = isWhole ? parse(text) : null;
  if (whole?.ok === true) return toValues(whole.value);
  const lines = text.trimEnd().split('\n');
  const last = parse(lines.at(-1) ?? '');
  if (last.ok && isJsonObject(last.value)) return toValues(last.value);
  const why = whole?.fault ?? (last.ok ? 'it is no object' : last.fault);
  const size = isWhole
    ? ''
    : `, of which only the last line is read, as it has more than ${MOST_BYTES} bytes`;
  return { ok: false, fault: `it is neither a JSON object nor lines of them${size}: ${why}` };
}

type Parsed =
  | { readonly ok: true; readonly value: Json; readonly fault?: never }
  | { readonly ok: false; readonly fault: string };

function parse(text: string): Parsed {
  try {
    return { ok: true, value: parseLooseJson(text) };
  } catch (error) {
    return { ok: false, fault: (error as SyntaxError).message };
  }
}

function toValues(value: Json): ReadMetrics {
  if (isJsonObject(value)) return { ok: true, values: flattenNested(value) };
  const what = Array.isArray(value) ? 'a list' : JSON.stringify(value);
  return { ok: false, fault: `it is ${what}, where an object like {"accuracy": 0.9} is expected` };
}
