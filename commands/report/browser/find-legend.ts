/** Finds what the colours and the panels of a figure stand for. */

import { listOf, readPart, type SpecPart, walkParts } from './spec-parts.ts';

/** What a colour of a figure stands for. */
interface LegendEntry {
  readonly value: string | number;
  /** Null where the spec names a scheme of colours instead of each. */
  readonly color: string | null;
  /** The shape of its marks, as Vega calls it, or `stroke`; absent where the spec names none. */
  readonly shape?: string;
}

/** The legend of a figure: which field is coloured, and how. */
export interface Legend {
  readonly field: string;
  readonly entries: readonly LegendEntry[];
}

/** Finds the first coloured field whose values are listed; null where there is none. */
export function findLegend(spec: SpecPart): Legend | null {
  for (const part of walkParts(spec)) {
    const color = readPart(readPart(part, 'encoding'), 'color');
    const scale = readPart(color, 'scale');
    const domain = scale?.['domain'];
    if (typeof color?.['field'] !== 'string' || !Array.isArray(domain)) continue;
    // Two numbers of a quantitative field are the ends of a range.
    if (color['type'] === 'quantitative') continue;
    const colors = listOf(scale?.['range']);
    const shapes = findShapes(spec, color['field']);
    const isStroke = readPart(color, 'legend')?.['symbolType'] === 'stroke';
    const entries = domain.map((value: string | number, i) => {
      const listed = colors[i];
      const shape = isStroke ? 'stroke' : shapes.get(value);
      return {
        value,
        color: typeof listed === 'string' ? listed : null,
        ...(typeof shape === 'string' ? { shape } : {}),
      };
    });
    return { field: color['field'], entries };
  }
  return null;
}

/** The shapes of marks, by the values of a field. */
function findShapes(spec: SpecPart, field: string): ReadonlyMap<unknown, unknown> {
  for (const part of walkParts(spec)) {
    const shape = readPart(readPart(part, 'encoding'), 'shape');
    if (shape?.['field'] !== field) continue;
    const scale = readPart(shape, 'scale');
    const shapes = listOf(scale?.['range']);
    return new Map(listOf(scale?.['domain']).map((value, i) => [value, shapes[i]]));
  }
  return new Map();
}

/** Finds the field that gives each row its panel; null where the figure has no such panels. */
export function findFacet(spec: SpecPart): string | null {
  for (const part of walkParts(spec)) {
    const field = readPart(part, 'facet')?.['field'];
    if (typeof field === 'string') return field;
  }
  return null;
}
