/** Reads the description and the metadata of an ONNX file, which onnxruntime-node does not tell. */

/** Fields of ModelProto and of StringStringEntryProto (onnx/onnx.proto). */
const DOC_STRING = 6;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

export function readMetadata(file: Uint8Array) {
  const fields = readFields(file);
  const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
  const entries = fields
    .filter(([field]) => field === METADATA_PROPS)
    .map(([, bytes]) => new Map(readFields(bytes)))
    .map((entry) => [textOf(entry.get(KEY)), textOf(entry.get(VALUE))] as const);
  const text = fields.find(([field]) => field === DOC_STRING)?.[1];
  const metadata: Record<string, string> = Object.fromEntries(entries);
  return { text: textOf(text), metadata };
}

/** The fields of a message that are strings, bytes or messages; integers are passed over. */
function readFields(message: Uint8Array): [field: number, bytes: Uint8Array][] {
  const fields: [number, Uint8Array][] = [];
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[position] ?? 0;
      position += 1;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (position < message.length) {
    const tag = readVarint();
    const lengthOrValue = readVarint();
    if (tag % 8 !== 2) continue;
    fields.push([Math.floor(tag / 8), message.subarray(position, position + lengthOrValue)]);
    position += lengthOrValue;
  }
  return fields;
}
