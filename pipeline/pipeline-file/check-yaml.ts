/** After parsing: what a text says that would be lost or changed on its way to a value. */

import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { loadYaml } from '../system/load-package.ts';
import type { YamlFault } from './explain-yaml-error.ts';
import { findLostText, type NumberWriter } from './number-text.ts';

/** More values than this, aliases counted by what they stand for, are an attack or a slip. */
const MOST_VALUES = 1_000_000;
const DEEPEST = 200;
/** Tags of the values that JSON has. */
const PLAIN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/**
 * Finds what a document says that would be lost or changed on its way into a parameter: what JSON
 * does not have, in which stages are told their parameters, keys that are dropped or renamed,
 * numbers that are not what was typed, and aliases that lead nowhere, to themselves or to too much.
 *
 * @param document without syntax errors
 */
export function checkYaml(document: Document, writer: NumberWriter): YamlFault[] {
  return new YamlCheck(writer).check(document);
}

class YamlCheck {
  readonly #yaml = loadYaml();
  readonly #writer: NumberWriter;
  readonly #faults: YamlFault[] = [];
  /** A program wrote it as JSON, some with words for numbers that JSON does not have. */
  #isJson = false;
  readonly #anchors = new Map<string, Node>();
  /** The number of values in a node that has an anchor; absent while it is being read. */
  readonly #sizes = new Map<Node, number>();

  constructor(writer: NumberWriter) {
    this.#writer = writer;
  }

  check(document: Document): YamlFault[] {
    for (const { message, pos } of document.warnings) {
      this.#faults.push({ message, offset: pos[0], expected: 'a value without a tag' });
    }
    if (document.directives?.yaml.version === '1.1') {
      this.#faults.push({ message: 'YAML 1.1 is asked for', offset: 0, expected: 'YAML 1.2' });
    }
    const { contents } = document;
    this.#isJson =
      this.#writer === 'program' && this.#yaml.isMap(contents) && contents.flow === true;
    this.#visit(contents, 0);
    return this.#faults;
  }

  /** @returns how many values a node stands for */
  #visit(node: unknown, depth: number): number {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    if (isAlias(node)) return this.#followAlias(node.source, node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return 1;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag) && node.tag !== '!') {
      this.#add(node, `the tag ${shortenTag(node.tag)} has no value here`, 'a value without a tag');
    }
    let size = 1;
    if (depth > DEEPEST) this.#add(node, 'it is nested too deeply');
    else if (isMap(node)) {
      size += this.#visitMap(node, depth);
    } else if (isSeq(node)) {
      for (const item of node.items) size += this.#visit(item, depth + 1);
      this.#checkList(node);
    } else this.#checkScalar(node);
    if (size > MOST_VALUES) {
      this.#add(node, `it stands for more than ${MOST_VALUES} values, by its aliases`);
      size = 1;
    }
    if (node.anchor !== undefined) this.#sizes.set(node, size);
    return size;
  }

  #followAlias(name: string, alias: Node): number {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const expected = `an anchor &${name}, or a text in quotes: "*${name}"`;
      this.#add(alias, `no anchor "&${name}" comes before this alias`, expected);
      return 1;
    }
    const size = this.#sizes.get(target);
    if (size === undefined) this.#add(alias, `the alias *${name} stands in what it stands for`);
    return size ?? 1;
  }

  #visitMap(map: YAMLMap, depth: number): number {
    const seen = new Set<string>();
    let size = 0;
    for (const pair of map.items) {
      const key = this.#checkKey(pair);
      if (key !== null && seen.has(key)) {
        const isMerge = pair.key === undefined || key === MERGE;
        this.#add(
          pair.key,
          `map keys must be unique, and "${isMerge ? '<<' : key}" is there already`,
          isMerge ? 'one <<, with a list: <<: [*a, *b]' : undefined,
        );
      }
      if (key !== null) seen.add(key);
      if (key === MERGE) this.#checkMerge(pair);
      size += this.#visit(pair.value, depth + 1);
    }
    return size;
  }

  /** @returns the key as the value will have it; null where it cannot be one */
  #checkKey({ key, value }: Pair): string | null {
    const { isScalar } = this.#yaml;
    if (!isScalar(key)) {
      const braces = this.#yaml.isMap(key) && key.flow === true && value === null;
      this.#add(
        key,
        braces
          ? 'a value that starts with {{ must be quoted: YAML takes the brace for a mapping'
          : 'a key must be a single text',
        braces ? 'the whole value in quotes, as in "{{ name }}"' : undefined,
      );
      return null;
    }
    if (typeof key.value === 'symbol') return MERGE;
    const text = key.value === null ? '' : String(key.value);
    this.#checkText(key, text);
    if (key.type === 'PLAIN' && /^[^\S ]/.test(text)) {
      this.#add(key, 'a no-break space, or the like, stands before this key', 'plain blanks');
    }
    if (text === '__proto__') this.#add(key, '"__proto__" cannot be a key');
    if (key.value === null) this.#add(key, 'a key is empty', 'a text before the colon');
    if (typeof key.value === 'number') this.#checkNumber(key, key.value);
    else if (typeof key.value === 'boolean' && key.source !== text) {
      this.#add(key, `the key ${key.source} would be seen as ${text}`, `"${key.source}" in quotes`);
    }
    return text;
  }

  #checkMerge({ value }: Pair): void {
    const { isAlias, isMap, isSeq } = this.#yaml;
    const resolve = (one: unknown) => (isAlias(one) ? this.#anchors.get(one.source) : one);
    const sources = resolve(value);
    const all = isSeq(sources) ? sources.items : [sources];
    for (const source of all) {
      const found = resolve(source);
      if (isMap(found) || found === undefined) continue;
      this.#add(value, '<< merges mappings', 'a mapping, or a list of mappings');
      return;
    }
  }

  #checkScalar(node: Scalar): void {
    if (typeof node.value === 'string') {
      this.#checkText(node, node.value);
      if (this.#isJson && node.type === 'PLAIN' && /^(NaN|-?Infinity)$/.test(node.value)) {
        this.#addValue(node, `${node.value} cannot be a value`, 'a finite number, or null');
      }
    } else if (typeof node.value === 'number') this.#checkNumber(node, node.value);
    else if (node.value === null && this.#writer === 'person' && isColour(node)) {
      this.#addValue(
        node,
        'this value is empty: # begins a comment',
        `"#${node.comment}" in quotes`,
      );
    }
  }

  #checkNumber(node: Scalar, value: number): void {
    const lost = findLostText(node.source ?? String(value), value, this.#writer);
    if (lost !== null) this.#addValue(node, lost.message, lost.expected);
  }

  /**
   * `[1.9, 2.0]` may well be versions, of which the last would be 2. Amounts are whole, lie between 0 and
   * 1, or go by quarters: `[1, 2.0]`, `[0.1, 1.0]`, `[1.0, 1.5]`.
   */
  #checkList({ items }: YAMLSeq): void {
    if (this.#writer === 'program') return;
    const numbers = items.filter(
      (item): item is Scalar<number> =>
        this.#yaml.isScalar(item) && typeof item.value === 'number' && item.source !== undefined,
    );
    const other = numbers.find(({ value }) => !Number.isInteger(value * 4));
    const isVersion = ({ source }: Scalar) => /^[1-9]\d*\.\d+$/.test(source ?? '');
    if (other === undefined || !numbers.every(isVersion)) return;
    for (const node of numbers.filter(({ source }) => source?.endsWith('.0') === true)) {
      this.#addValue(
        node,
        `${node.source} would be seen as ${node.value}: beside ${other.source} it may be a version`,
        `${node.value}, as it would be seen, or "${node.source}" in quotes, where it is a text`,
      );
    }
  }

  #checkText(node: Scalar, text: string): void {
    if (this.#writer === 'person' && text.includes('\0')) {
      const expected = 'a text without it: no command, path or variable can hold one';
      this.#addValue(node, 'this text holds a NUL character', expected);
    }
    if (/\p{Surrogate}/u.test(text)) this.#addValue(node, 'this text holds half a character');
  }

  #add(node: unknown, message: string, expected?: string): void {
    this.#faults.push(this.#describe(node, message, expected));
  }

  #addValue(node: unknown, message: string, expected?: string): void {
    this.#faults.push({ ...this.#describe(node, message, expected), isValue: true });
  }

  #describe(node: unknown, message: string, expected: string | undefined): YamlFault {
    const offset = this.#yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return { message, offset, ...(expected === undefined ? {} : { expected }) };
  }
}

/** Stands for the key `<<`; no text can be equal to it, since it is refused in one. */
const MERGE = '\0<<';

/** `color: #ff0000`: a value that YAML takes for a comment. */
function isColour({ source, comment }: Scalar): boolean {
  return source === '' && /^[0-9a-f]{3,8}$/i.test(comment ?? '');
}

function shortenTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, '!!');
}
