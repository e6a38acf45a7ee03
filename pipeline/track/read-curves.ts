/** Files of stages → items: curves of JSON lines, layers of a model. */

import type { Json, JsonObject } from '../contract/values.ts';
import { parseLooseJson } from '../pipeline-file/loose-json.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { type TrackedLayer, type TrackItem, toWholeStep } from '../trackers/item.ts';

type Metrics = Extract<TrackItem, { type: 'metrics' }>;

/** Members of a line that say where something was measured. */
const PLACES: readonly string[] = ['step', 'epoch'];

/**
 * The metrics of a text of JSON lines: the numbers of each line that has a number `step`, under the line's
 * `kind`, where it has one (`epoch/loss`). Other lines are passed over, and so is `NaN` as other programs write it.
 */
export function readCurves(text: string, time: number): Metrics[] {
  return text.split('\n').flatMap((line): Metrics[] => {
    const value = line === '' ? null : parseJson(line);
    if (!isJsonObject(value) || typeof value['step'] !== 'number') return [];
    const { kind, epoch } = value;
    const step = toWholeStep(value['step']);
    if (step === null) return [];
    const prefix = typeof kind === 'string' ? `${kind}/` : '';
    const values: Record<string, number> = {};
    for (const [key, number] of Object.entries(value)) {
      if (typeof number === 'number' && !PLACES.includes(key)) values[`${prefix}${key}`] = number;
    }
    if (Object.keys(values).length === 0) return [];
    return [
      { type: 'metrics', time, step, epoch: typeof epoch === 'number' ? epoch : null, values },
    ];
  });
}

/**
 * The layers that a JSON text lists; null where it lists none. Each is known to others by its place, from 0, and
 * kind (`2.conv`), or by its own name.
 */
export function readLayers(text: string): TrackedLayer[] | null {
  const value = parseJson(text);
  const listed = isJsonObject(value) ? value['layers'] : undefined;
  if (!Array.isArray(listed)) return null;
  const layers = listed.filter((layer: Json): layer is JsonObject => isJsonObject(layer));
  const ids = layers.map(({ kind }, place) => `${place}.${String(kind ?? 'layer')}`);
  const known = new Map(ids.map((id) => [id, id]));
  for (const [place, { name }] of layers.entries()) {
    const id = ids[place];
    if (typeof name === 'string' && id !== undefined) known.set(name, id);
  }
  const read = layers.map(({ kind, reads, ...settings }, place): TrackedLayer => {
    const inputs = Array.isArray(reads) ? reads.map(String) : [];
    return {
      name: ids[place] ?? '',
      op: String(kind ?? 'layer'),
      inputs: inputs.map((name) => known.get(name) ?? name),
      settings: Object.entries(settings)
        .map(
          ([key, setting]) =>
            `${key} ${typeof setting === 'string' ? setting : JSON.stringify(setting)}`,
        )
        .join(', '),
    };
  });
  // What is read and is no layer is where the samples come in.
  const sources = new Set(
    read.flatMap(({ inputs }) => inputs).filter((name) => !ids.includes(name)),
  );
  return [
    ...[...sources].map((name) => ({ name, op: 'input', inputs: [], settings: '' })),
    ...read,
  ];
}

function parseJson(text: string): Json | undefined {
  try {
    return parseLooseJson(text);
  } catch {
    return undefined;
  }
}
