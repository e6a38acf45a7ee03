/** The parts of a Vega-Lite spec: what each is read by. */

/** A part of a spec, as JSON. */
export type SpecPart = { readonly [key: string]: unknown };

/** Keys of a spec that hold a list of parts. */
export const CONTAINERS = ['layer', 'hconcat', 'vconcat', 'concat'];

/** The spec and every part in it that may have an encoding. */
export function* walkParts(spec: SpecPart): Generator<SpecPart> {
  yield spec;
  for (const key of CONTAINERS) {
    for (const part of listOf(spec[key])) yield* walkParts(part as SpecPart);
  }
  const inner = readPart(spec, 'spec');
  if (inner !== undefined) yield* walkParts(inner);
}

/** A list that a part may have; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An object in a part; undefined where there is none. */
export function readPart(part: unknown, key: string): SpecPart | undefined {
  const value = typeof part === 'object' && part !== null ? (part as SpecPart)[key] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as SpecPart)
    : undefined;
}
