/** Finds which layers of a model become one kernel, and where each value lies. */

import { INPUT, type Model, type PlacedLayer } from '../../../models/model.ts';
import { countValues, mapOf, type Shape } from '../../../models/shapes.ts';
import { flatView, roundUp, sampleStore, type View } from '../tensors.ts';

/** A layer, with those that its kernels do too. */
export interface Node {
  readonly placed: PlacedLayer;
  readonly inputs: readonly Read[];
  /** Name of its value: the output of `placed`, whatever else is fused. */
  readonly value: string;
  relu: boolean;
  /** A value that is added to what a convolution gives. */
  addend?: string;
}

/** A value as a layer reads it: as a map, or laid out as features. */
export interface Read {
  readonly value: string;
  readonly flat: boolean;
}

/** What is computed, and what is known of where it lies. */
export interface Value {
  readonly view: View;
  /** True where zeros of the value have no gradient: a ReLU was the last to make it. */
  masked: boolean;
}

/** A model as nodes and values. */
export interface Analysis {
  readonly nodes: readonly Node[];
  readonly values: ReadonlyMap<string, Value>;
  /** Values of the model's own names. */
  readonly resolve: (name: string) => Read;
  /** Children of concatenations that write into them: no copy is needed. */
  readonly inPlace: ReadonlySet<string>;
}

const FUSED_WITH_RELU: readonly string[] = ['conv', 'dense', 'batchNorm'];

/**
 * Analyses a model.
 *
 * @throws RangeError where it has a combination of layers that has no kernel
 */
export function analyse(model: Model): Analysis {
  const { nodes, aliases } = fuse(model);
  const resolve = (name: string): Read => aliases.get(name) ?? { value: name, flat: false };
  const layouts = layOut(model, nodes);
  const inPlace = findInPlace(model, nodes, layouts);
  const values = new Map<string, Value>();
  const make = (name: string, layout: Layout): View => {
    const { height, width, places, channels } = layout;
    const store = sampleStore(name, height * width * channels);
    return { store, height, width, channels, stride: channels, offset: 0, places };
  };
  const slices = new Map<string, View>();
  for (const node of [...nodes].reverse()) {
    const layout = layouts.get(node.value);
    if (layout === undefined) throw new RangeError(`${node.value} has no layout`);
    const view = slices.get(node.value) ?? make(node.value, layout);
    values.set(node.value, { view, masked: false });
    if (node.placed.layer.kind !== 'concat') continue;
    let offset = view.offset;
    for (const { value } of node.inputs) {
      const child = layouts.get(value);
      if (child === undefined) throw new RangeError(`${value} has no layout`);
      if (inPlace.has(value))
        slices.set(value, { ...child, store: view.store, stride: view.stride, offset });
      offset += child.channels;
    }
  }
  const images = layouts.get(INPUT);
  if (images === undefined) throw new RangeError(`${model.name} reads no images`);
  values.set(INPUT, { view: make(INPUT, images), masked: false });
  markMasked(nodes, values);
  return { nodes, values, resolve, inPlace };
}

/**
 * A value as a node reads it.
 *
 * @throws RangeError where there is no such value, or where it is read as features and lies in pieces
 */
export function viewOf({ values }: Pick<Analysis, 'values'>, { value, flat }: Read): View {
  const found = values.get(value);
  if (found === undefined) throw new RangeError(`there is no value ${value}`);
  return flat && found.view.height * found.view.width > 1 ? flatView(found.view) : found.view;
}

function fuse({ layers }: Model): { nodes: Node[]; aliases: Map<string, Read> } {
  const nodes: Node[] = [];
  const aliases = new Map<string, Read>();
  const made = new Map<string, Node>();
  const resolve = (name: string): Read => aliases.get(name) ?? { value: name, flat: false };
  const readers = (name: string): number =>
    layers.reduce((sum, { inputs }) => sum + inputs.filter((input) => input === name).length, 0);
  for (const placed of layers) {
    const { layer, output } = placed;
    const inputs = placed.inputs.map(resolve);
    const [first] = placed.inputs;
    const before = first === undefined ? undefined : made.get(first);
    if (layer.kind === 'flatten' && inputs[0] !== undefined) {
      aliases.set(output, { ...inputs[0], flat: true });
      continue;
    }
    if (layer.kind === 'relu' && before && first && readers(first) === 1) {
      if (FUSED_WITH_RELU.includes(before.placed.layer.kind) && before.addend === undefined) {
        before.relu = true;
        aliases.set(output, { value: before.value, flat: false });
        continue;
      }
    }
    if (layer.kind === 'add') {
      const host = findHost(placed, made, nodes, readers);
      if (host !== undefined) {
        const other = placed.inputs.find((name) => name !== host.value);
        host.addend = resolve(other ?? '').value;
        aliases.set(output, { value: host.value, flat: false });
        continue;
      }
    }
    const node: Node = { placed, inputs, value: output, relu: false };
    nodes.push(node);
    made.set(output, node);
  }
  return { nodes, aliases };
}

/** The convolution that can add the other of two values on its way out: the last made, read by nothing else. */
function findHost(
  { inputs }: PlacedLayer,
  made: ReadonlyMap<string, Node>,
  nodes: readonly Node[],
  readers: (name: string) => number,
): Node | undefined {
  if (inputs.length !== 2 || inputs[0] === inputs[1]) return undefined;
  const last = nodes.at(-1);
  if (last === undefined || !inputs.includes(last.value) || made.get(last.value) !== last)
    return undefined;
  const suits = last.placed.layer.kind === 'conv' && !last.relu && last.addend === undefined;
  return suits && readers(last.value) === 1 ? last : undefined;
}

interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly places: readonly number[];
}

function plain(shape: Shape): Layout {
  const [count = 1, height = 1, width = 1] = shape;
  const places = Array.from({ length: count }, (_, index) => index);
  return { height, width, channels: roundUp(count), places };
}

function layOut(model: Model, nodes: readonly Node[]): Map<string, Layout> {
  const onlyFlat = model.layers.every(
    ({ layer, inputs }) => layer.kind === 'flatten' || !inputs.includes(INPUT),
  );
  const images = onlyFlat ? [countValues(model.inputShape)] : model.inputShape;
  const layouts = new Map<string, Layout>([[INPUT, plain(images)]]);
  for (const { placed, inputs, value } of nodes) {
    const { layer, shape } = placed;
    const sources = inputs.map(({ value: name }) => layouts.get(name) ?? plain([1]));
    const [source = plain([1])] = sources;
    switch (layer.kind) {
      case 'conv':
      case 'dense':
        layouts.set(value, plain(shape));
        break;
      case 'concat': {
        let offset = 0;
        const places: number[] = [];
        for (const child of sources) {
          const from = offset;
          places.push(...child.places.map((place) => place + from));
          offset += child.channels;
        }
        layouts.set(value, {
          height: source.height,
          width: source.width,
          channels: offset,
          places,
        });
        break;
      }
      default: {
        const [, height = 1, width = 1] = shape.length === 3 ? mapOf(layer, shape) : [0, 1, 1];
        if (sources.some(({ places }) => places.join() !== source.places.join())) {
          throw new RangeError(`${value} adds values whose channels lie in different places`);
        }
        layouts.set(value, { ...source, height, width });
      }
    }
  }
  return layouts;
}

/** Values that a concatenation can hold where they are made: read by one concatenation, once, and as maps. */
function findInPlace(
  model: Model,
  nodes: readonly Node[],
  layouts: ReadonlyMap<string, Layout>,
): ReadonlySet<string> {
  const inside = new Map<string, number>();
  const flattened = new Set<string>();
  for (const { placed, inputs } of nodes) {
    for (const { value, flat } of inputs) {
      if (flat) flattened.add(value);
      if (placed.layer.kind === 'concat') inside.set(value, (inside.get(value) ?? 0) + 1);
    }
  }
  const concats = new Set(
    nodes.flatMap(({ placed, value }) => (placed.layer.kind === 'concat' ? [value] : [])),
  );
  const last = model.layers.at(-1)?.output;
  const fits = (name: string): boolean =>
    inside.get(name) === 1 &&
    name !== INPUT &&
    name !== last &&
    !flattened.has(name) &&
    !concats.has(name) &&
    layouts.has(name);
  return new Set([...inside.keys()].filter(fits));
}

function markMasked(nodes: readonly Node[], values: ReadonlyMap<string, Value>): void {
  const masked = (name: string): boolean => values.get(name)?.masked === true;
  for (const { placed, inputs, value, relu } of nodes) {
    const found = values.get(value);
    if (found === undefined) continue;
    const { kind } = placed.layer;
    // A batch norm's gradient passes find the zeros of its ReLU by themselves.
    if (kind === 'relu' || (relu && kind !== 'batchNorm')) found.masked = true;
    if (kind === 'concat') {
      const kinds = inputs.map(({ value: name }) => {
        const node = nodes.find((each) => each.value === name);
        const [before] = node?.inputs ?? [];
        const pooled =
          node?.placed.layer.kind === 'maxPool' && before !== undefined && masked(before.value);
        return masked(name) || pooled;
      });
      found.masked = kinds.every(Boolean);
    }
  }
}
