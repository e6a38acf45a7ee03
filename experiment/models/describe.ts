/** Describes a model to people: its layers in a table, with the totals. */

import type { Model, PlacedLayer } from './model.ts';
import { countValues, labelOf, type Shape } from './shapes.ts';
import { alignColumns } from './table.ts';

const HEADINGS = ['layer', 'kind', 'reads', 'output', 'parameters', 'FLOPs a sample'] as const;
/** From this column on, numbers, which are set flush right. */
const FIRST_NUMBER = 4;

/**
 * Renders the table: a line a layer with its name, kind, what it reads where that is not the layer
 * before, the shape of its output, its parameters and its operations on one sample (forward; a
 * multiplication with an addition counts as two), then a line with the totals.
 */
export function describeModel(model: Model): string {
  const names = new Map([['images', 'images']]);
  for (const [index, layer] of model.layers.entries()) {
    names.set(layer.output, nameOf(layer, index));
  }
  const rows = model.layers.map((layer, index) => rowOf(layer, index, model, names));
  const flops = model.layers.reduce((sum, layer) => sum + layer.flops, 0);
  const shape = formatShape(model.inputShape);
  const totals = ['total', '', '', '', formatCount(model.parameterCount), formatCount(flops)];
  const lines = alignColumns([HEADINGS, ...rows, totals], FIRST_NUMBER);
  return [`${model.name}, images of ${shape}`, '', ...lines, ''].join('\n');
}

function rowOf(
  layer: PlacedLayer,
  index: number,
  model: Model,
  names: ReadonlyMap<string, string>,
): string[] {
  const before = index === 0 ? 'images' : model.layers[index - 1]?.output;
  const chained = layer.inputs.length === 1 && layer.inputs[0] === before;
  const count = layer.parameters.reduce((sum, { shape }) => sum + countValues(shape), 0);
  return [
    nameOf(layer, index),
    formatKind(layer),
    chained ? '' : layer.inputs.map((input) => names.get(input) ?? input).join(', '),
    formatShape(layer.shape),
    formatCount(count),
    formatCount(layer.flops),
  ];
}

function nameOf({ layer }: PlacedLayer, index: number): string {
  return 'name' in layer ? layer.name : `${labelOf(layer)} ${index + 1}`;
}

/** `conv 3×3 /2 pad 1`: the window's size, its stride and its padding where it has one. */
function formatKind({ layer }: PlacedLayer): string {
  if (layer.kind !== 'conv' && layer.kind !== 'maxPool') return layer.kind;
  const { kernel, stride, padding } = layer;
  const [top, ...others] = padding;
  const sides = others.every((side) => side === top) ? String(top) : padding.join(',');
  const parts = [layer.kind, `${kernel}×${kernel}`];
  if (stride !== 1) parts.push(`/${stride}`);
  if (sides !== '0') parts.push(`pad ${sides}`);
  return parts.join(' ');
}

function formatShape(shape: Shape): string {
  return shape.join('×');
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
