/** Damages texts the way editors, merges and disks do, the same way for the same seed. */

import { openStream, type RandomStream } from '../../../experiment/data/random.ts';

/** What people and programs put where something else was expected. */
const ODD_TOKENS = [
  ...['null', '~', 'true', '[]', '{}', '-1', '1e999', '.nan', '0x7fffffffffffffff', "''", '"'],
  ...[
    '{{',
    '}}',
    '{{ p }}',
    '{{ nothing.at.all }}',
    '{%',
    '{% endif %}',
    '{# ',
    '{{ p | fixed(99) }}',
  ],
  ...[
    '&a',
    '*a',
    '<<: *a',
    '!!binary x',
    '!unknown 1',
    '? ',
    '- ',
    '---',
    '...',
    '%YAML 9.9',
    '|',
    '>-',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__proto__: { x: 1 }'],
  ...[
    '../../escaped',
    '/escaped',
    'a/../../escaped',
    '.pipeline',
    'pipeline.yaml',
    'C:\\escaped',
    '.',
  ],
  ...['\u0000', '\uFEFF', '\t', '\r\n', '\u2028', '𝕏', '\ud800', 'é'.repeat(300), '['.repeat(200)],
];

type Mutation = (text: string, stream: RandomStream) => string;

const MUTATIONS: readonly Mutation[] = [
  // A few bytes flipped.
  (text, stream) => {
    const bytes = Buffer.from(text);
    for (let count = 1 + stream.integer(4); count > 0 && bytes.length > 0; count -= 1) {
      const at = stream.integer(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << stream.integer(8));
    }
    return bytes.toString();
  },
  // A piece cut out.
  (text, stream) => {
    const [start, end] = twoPlaces(text.length, stream);
    return text.slice(0, start) + text.slice(Math.min(end, start + 40));
  },
  // The end lost.
  (text, stream) => text.slice(0, stream.integer(text.length + 1)),
  // A line twice, or moved.
  (text, stream) => {
    const lines = text.split('\n');
    const [line] = lines.splice(stream.integer(lines.length), stream.integer(2));
    lines.splice(stream.integer(lines.length + 1), 0, line ?? lines[0] ?? '');
    return lines.join('\n');
  },
  // A line indented otherwise.
  (text, stream) => {
    const lines = text.split('\n');
    const at = stream.integer(lines.length);
    lines[at] = ' '.repeat(stream.integer(9)) + (lines[at] ?? '').trimStart();
    return lines.join('\n');
  },
  // A word replaced by another of the same text.
  (text, stream) => {
    const words = text.match(/[\w./-]+/g) ?? [''];
    return replaceWord(text, stream, words[stream.integer(words.length)] ?? '');
  },
  // A word replaced by something odd, or the odd thing put in between.
  (text, stream) => {
    const token = ODD_TOKENS[stream.integer(ODD_TOKENS.length)] ?? '';
    if (stream.integer(2) === 0) return replaceWord(text, stream, token);
    const at = stream.integer(text.length + 1);
    return text.slice(0, at) + token + text.slice(at);
  },
];

/** The text with one to three mutations. */
export function mutate(text: string, seed: number): string {
  const stream = openStream(seed, 'test/mutate');
  let mutated = text;
  for (let count = 1 + stream.integer(3); count > 0; count -= 1) {
    const mutation = MUTATIONS[stream.integer(MUTATIONS.length)];
    if (mutation !== undefined) mutated = mutation(mutated, stream);
  }
  return mutated;
}

function twoPlaces(length: number, stream: RandomStream): readonly [number, number] {
  const places = [stream.integer(length + 1), stream.integer(length + 1)].sort((a, b) => a - b);
  return [places[0] ?? 0, places[1] ?? 0];
}

function replaceWord(text: string, stream: RandomStream, by: string): string {
  const words = [...text.matchAll(/[\w./-]+/g)];
  const word = words[stream.integer(Math.max(1, words.length))];
  if (word === undefined) return text + by;
  return text.slice(0, word.index) + by + text.slice(word.index + word[0].length);
}
