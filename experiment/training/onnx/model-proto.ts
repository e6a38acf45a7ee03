/**
 * Encodes an ONNX model. Field numbers are those of `onnx/onnx.proto` (github.com/onnx/onnx), the
 * messages ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto,
 * TensorShapeProto and StringStringEntryProto.
 */

import { MessageWriter } from './protobuf.ts';

/** IR version 10 with operator set 21, of ONNX 1.16: both pinned, so that operators keep their meaning. */
const IR_VERSION = 10;
const OPERATOR_SET = 21;
/** Every other domain of operators is taken at its first version. */
const OTHER_OPERATOR_SET = 1;

/** TensorProto.DataType */
export const DATA_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const;
/** AttributeProto.AttributeType */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_FLOATS = 6;
const ATTRIBUTE_INTS = 7;

export type ElementType = keyof typeof DATA_TYPES;

/** A graph's input or output. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  /** Fixed sizes, and names of those that each run may choose. */
  readonly shape: readonly (number | string)[];
}

/** A tensor that is part of the graph. */
export interface OnnxConstant extends OnnxValue {
  readonly shape: readonly number[];
  /** Little-endian values, row by row. */
  readonly bytes: Uint8Array;
}

/** An attribute; `float` and `int` tell ONNX's two kinds of number apart. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly operator: string;
  /** The domain that defines the operator; '' is ONNX's own. */
  readonly domain: string;
  /** Names of values; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  /** In an order in which every node comes after those whose outputs it reads. */
  readonly nodes: readonly OnnxNode[];
}

/** What a model's file says besides its graph. */
export interface ModelDescription {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly metadata: Readonly<Record<string, string>>;
}

const NO_DESCRIPTION: ModelDescription = { text: '', metadata: {} };

/** The bytes of an `.onnx` file with this graph. */
export function encodeModel(
  graph: OnnxGraph,
  { text, metadata }: ModelDescription = NO_DESCRIPTION,
): Uint8Array {
  const message = new MessageWriter().integer(1, IR_VERSION).string(2, 'rethinking-generalization');
  if (text !== '') message.string(6, text);
  message.message(7, encodeGraph(graph));
  for (const domain of new Set(['', ...graph.nodes.map((node) => node.domain)])) {
    const version = domain === '' ? OPERATOR_SET : OTHER_OPERATOR_SET;
    message.message(8, new MessageWriter().string(1, domain).integer(2, version));
  }
  for (const [key, value] of Object.entries(metadata)) {
    message.message(14, new MessageWriter().string(1, key).string(2, value));
  }
  return message.finish();
}

function encodeGraph(graph: OnnxGraph): MessageWriter {
  const message = new MessageWriter();
  for (const node of graph.nodes) message.message(1, encodeNode(node));
  message.string(2, graph.name);
  for (const constant of graph.constants) message.message(5, encodeTensor(constant));
  for (const input of graph.inputs) message.message(11, encodeValueInfo(input));
  for (const output of graph.outputs) message.message(12, encodeValueInfo(output));
  return message;
}

function encodeNode(node: OnnxNode): MessageWriter {
  const message = new MessageWriter();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.outputs[0] ?? node.operator).string(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message.message(5, encodeAttribute(name, attribute));
  }
  if (node.domain !== '') message.string(7, node.domain);
  return message;
}

function encodeAttribute(name: string, attribute: OnnxAttribute): MessageWriter {
  const message = new MessageWriter().string(1, name);
  if ('float' in attribute) {
    return message.float(2, attribute.float).integer(20, ATTRIBUTE_FLOAT);
  }
  if ('int' in attribute) {
    return message.integer(3, attribute.int).integer(20, ATTRIBUTE_INT);
  }
  if ('string' in attribute) {
    return message.string(4, attribute.string).integer(20, ATTRIBUTE_STRING);
  }
  if ('floats' in attribute) {
    for (const value of attribute.floats) message.float(7, value);
    return message.integer(20, ATTRIBUTE_FLOATS);
  }
  for (const value of attribute.ints) message.integer(8, value);
  return message.integer(20, ATTRIBUTE_INTS);
}

function encodeTensor(constant: OnnxConstant): MessageWriter {
  const message = new MessageWriter();
  for (const size of constant.shape) message.integer(1, size);
  return message
    .integer(2, DATA_TYPES[constant.type])
    .string(8, constant.name)
    .bytes(9, constant.bytes);
}

function encodeValueInfo(value: OnnxValue): MessageWriter {
  const shape = new MessageWriter();
  for (const size of value.shape) shape.message(1, encodeDimension(size));
  const tensor = new MessageWriter().integer(1, DATA_TYPES[value.type]).message(2, shape);
  const type = new MessageWriter().message(1, tensor);
  return new MessageWriter().string(1, value.name).message(2, type);
}

function encodeDimension(size: number | string): MessageWriter {
  const message = new MessageWriter();
  return typeof size === 'number' ? message.integer(1, size) : message.string(2, size);
}
