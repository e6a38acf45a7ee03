/**
 * The architecture of a model as a file: its layers with their settings and what each reads. Who
 * trains a model reads that instead of the code of all models, so that an edit of one reruns what
 * uses it and nothing else.
 */

import { fail } from '../data/failure.ts';
import { compileSchema, formatErrors, readJson } from '../data/json.ts';
import type { JoiningLayer, Layer } from './layers.ts';
import { INPUT, type Model } from './model.ts';
import { type LayerOutput, ModelBuilder } from './model-builder.ts';

/** The content of such a file. */
interface Architecture {
  readonly schema: 1;
  readonly model: string;
  /** Shape of one sample. */
  readonly input: readonly number[];
  /** In an order in which every layer comes after those it reads; the last gives the logits. */
  readonly layers: readonly ListedLayer[];
}

/** A layer with the names of the values that it reads. */
type ListedLayer = Layer & { readonly reads: readonly string[] };

const size = { type: 'integer', minimum: 1 };
const padding = { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 4, maxItems: 4 };
const name = { type: 'string', minLength: 1 };
const window = { kernel: size, stride: size, padding };
const number = { type: 'number' };

/** The settings of each kind of layer. */
const SETTINGS: Readonly<Record<Layer['kind'], Readonly<Record<string, object>>>> = {
  flatten: {},
  dense: { name, units: size },
  conv: { name, channels: size, ...window, bias: { type: 'boolean' } },
  batchNorm: { name, eps: { type: 'number', exclusiveMinimum: 0 } },
  relu: {},
  maxPool: window,
  localResponseNorm: { size, alpha: number, beta: number, k: number },
  concat: {},
  add: {},
  globalAveragePool: {},
};

const reads = { type: 'array', items: name, minItems: 1 };
const KINDS = Object.keys(SETTINGS) as Layer['kind'][];

const validate = compileSchema<Architecture>({
  type: 'object',
  properties: {
    schema: { const: 1 },
    model: name,
    input: { type: 'array', items: size, minItems: 1 },
    layers: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', properties: { kind: { enum: KINDS }, reads }, required: ['kind'] },
    },
  },
  required: ['schema', 'model', 'input', 'layers'],
});

const validateLayer = new Map(
  KINDS.map((kind) => {
    const properties = { kind: { const: kind }, ...SETTINGS[kind], reads };
    const schema = { type: 'object', properties, required: Object.keys(properties) };
    return [kind, compileSchema<ListedLayer>({ ...schema, additionalProperties: false })];
  }),
);

/** The text of a model's file: JSON, a layer a line. */
export function formatArchitecture({ name: model, inputShape, layers }: Model): string {
  const lines = layers.map(({ layer, inputs }) => JSON.stringify({ ...layer, reads: inputs }));
  return (
    `{\n "schema": 1,\n "model": ${JSON.stringify(model)},\n "input": ${JSON.stringify(inputShape)},\n` +
    ` "layers": [\n  ${lines.join(',\n  ')}\n ]\n}\n`
  );
}

/**
 * Reads a model from its file, with its shapes worked out and checked anew. Fails, naming the file
 * and what is wrong in it, where it holds no model.
 */
export async function readArchitecture(path: string): Promise<Model> {
  const { model, input, layers } = await readJson(path, validate);
  const builder = new ModelBuilder(model, input);
  const values = new Map<string, LayerOutput>([[INPUT, builder.input]]);
  try {
    let last = builder.input;
    for (const [index, listed] of layers.entries()) {
      const { reads: sources, ...layer } = checkLayer(path, index, listed);
      const inputs = sources.map(
        (source) =>
          values.get(source) ??
          fail(`${path}: layer ${index} reads ${source}, which no layer before it gives`),
      );
      last = append(builder, layer, inputs);
      values.set(last.name, last);
    }
    return builder.build(last);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(`${path} holds no model: ${error.message}`);
  }
}

function checkLayer(path: string, index: number, listed: ListedLayer): ListedLayer {
  const check = validateLayer.get(listed.kind);
  if (check === undefined || check(listed)) return listed;
  const { kind }: Layer = listed;
  return fail(`${path}: layer ${index} is no ${kind}:\n${formatErrors(check)}`);
}

function append(builder: ModelBuilder, layer: Layer, inputs: readonly LayerOutput[]): LayerOutput {
  if (isJoining(layer)) return builder.join(layer, ...inputs);
  const [from] = inputs;
  if (from === undefined || inputs.length > 1) {
    throw new RangeError(`a ${layer.kind} takes one input, not ${inputs.length}`);
  }
  return builder.chain(from, layer);
}

function isJoining(layer: Layer): layer is JoiningLayer {
  return layer.kind === 'concat' || layer.kind === 'add';
}
