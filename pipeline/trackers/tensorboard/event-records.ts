/**
 * Records of an event file: `Event` messages of TensorFlow's `event.proto` and `summary.proto`, each framed as a
 * TFRecord.
 * {@link https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details}
 * {@link https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto}
 */

import type { TrackedLayer } from '../item.ts';
import { maskedCrc32c } from './crc32c.ts';
import { Proto } from './proto.ts';

/** A record: length (8 bytes), its masked checksum, the data, their masked checksum; all little-endian. */
function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

/** The first record of every file. @param time milliseconds since the epoch, as for all that follow */
export function fileVersion(time: number): Uint8Array {
  return frameRecord(event(time, 0).text(3, 'brain.Event:2').finish());
}

/** Scalars at a step, by tag. */
export function scalars(
  time: number,
  step: number,
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = new Proto();
  for (const [tag, value] of Object.entries(values)) {
    const metadata = pluginMetadata('scalars').count(4, DATA_CLASS_SCALAR);
    const tensor = new Proto().count(1, DT_FLOAT).message(2, new Proto()).floats(5, [value]);
    summary.message(1, new Proto().text(1, tag).message(8, tensor).message(9, metadata));
  }
  return frameRecord(event(time, step).message(5, summary).finish());
}

/** A picture, as the bytes of its file. */
export function picture(
  time: number,
  step: number,
  tag: string,
  image: { readonly width: number; readonly height: number; readonly bytes: Uint8Array },
): Uint8Array {
  const content = new Proto()
    .count(1, image.height)
    .count(2, image.width)
    .count(3, RGBA)
    .bytes(4, image.bytes);
  const summary = new Proto().message(1, new Proto().text(1, tag).message(4, content));
  return frameRecord(event(time, step).message(5, summary).finish());
}

/** A graph of layers as a `GraphDef`. */
export function layerGraph(time: number, layers: readonly TrackedLayer[]): Uint8Array {
  const graph = new Proto();
  for (const { name, op, inputs, settings } of layers) {
    const node = new Proto().text(1, name).text(2, op);
    for (const input of inputs) node.text(3, input);
    if (settings !== '') {
      const value = new Proto().text(2, settings);
      node.message(5, new Proto().text(1, 'settings').message(2, value));
    }
    graph.message(1, node);
  }
  graph.message(4, new Proto().count(1, PRODUCER));
  return frameRecord(event(time, 0).bytes(4, graph.finish()).finish());
}

/** A record of a summary that a plugin reads in its metadata alone. */
export function pluginRecord(
  time: number,
  tag: string,
  plugin: string,
  content: Proto,
): Uint8Array {
  // The plugin keeps nothing in the value: an empty tensor of floats.
  const shape = new Proto().message(2, new Proto());
  const empty = new Proto().count(1, DT_FLOAT).message(2, shape);
  const value = new Proto()
    .text(1, tag)
    .message(8, empty)
    .message(9, pluginMetadata(plugin, content));
  return frameRecord(event(time, 0).message(5, new Proto().message(1, value)).finish());
}

/** `DataClass.DATA_CLASS_SCALAR`, `DataType.DT_FLOAT`, four channels, a version that readers know. */
const DATA_CLASS_SCALAR = 1;
const DT_FLOAT = 1;
const RGBA = 4;
const PRODUCER = 22;

function pluginMetadata(name: string, content?: Proto): Proto {
  const data = new Proto().text(1, name);
  if (content !== undefined) data.message(2, content);
  return new Proto().message(1, data);
}

function event(time: number, step: number): Proto {
  const head = new Proto().double(1, time / 1000);
  return step === 0 ? head : head.count(2, step);
}
