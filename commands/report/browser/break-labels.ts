/** Breaks the labels of a chart's rows into two lines, where the chart is too wide for the window otherwise. */

import type { SpecPart } from './spec-parts.ts';

/** A line of more characters is too long for the words before a colon to stand alone. */
const LONGEST = 18;
/** The height of a row that has room for two lines, in pixels. */
const ROW_HEIGHT = 32;
/** How much higher two lines begin than one, in pixels. */
const OFFSET = -7;
/** Where a label may be broken: after a space, and within a name before its capitals. */
const BREAK = /(?<= )|(?<=[a-z])(?=[A-Z])/;

/** A spec whose rows, which have texts for labels and a height of their own, have labels of at most two lines. */
export function breakLabels(spec: SpecPart): SpecPart {
  const height = spec['height'] as { readonly step?: number } | undefined;
  const layers = spec['layer'];
  if (typeof height?.step !== 'number' || !Array.isArray(layers)) return spec;
  return {
    ...spec,
    height: { step: Math.max(height.step, ROW_HEIGHT) },
    layer: layers.map(breakLayer),
  };
}

function breakLayer(layer: SpecPart): SpecPart {
  const encoding = layer['encoding'] as SpecPart | undefined;
  const y = encoding?.['y'] as SpecPart | undefined;
  const labels = y?.['sort'];
  if (y?.['type'] !== 'nominal' || !Array.isArray(labels)) return layer;
  const lines = labels.map((label) => [String(label), breakLabel(String(label))] as const);
  const axis = {
    ...(y['axis'] as SpecPart | undefined),
    labelExpr: `(${JSON.stringify(Object.fromEntries(lines))})[datum.label]`,
    ...(lines.every(([, own]) => own.length === 2) ? { labelOffset: OFFSET } : {}),
  };
  return { ...layer, encoding: { ...encoding, y: { ...y, axis } } };
}

/** Two lines, `MLP1:` and `random labels`, else of the ways to break it that with the shortest; one of a single word. */
export function breakLabel(label: string): readonly string[] {
  const parts = label.split(BREAK);
  const ways = parts.slice(1).map((_, i) => {
    const lines = [
      parts
        .slice(0, i + 1)
        .join('')
        .trim(),
      parts.slice(i + 1).join(''),
    ];
    const longest = Math.max(...lines.map((line) => line.length));
    return { lines, longest, isWhole: lines[0]?.endsWith(':') === true && longest <= LONGEST };
  });
  const best = ways.sort(
    (a, b) => Number(b.isWhole) - Number(a.isWhole) || a.longest - b.longest,
  )[0];
  return best?.lines ?? [label];
}
