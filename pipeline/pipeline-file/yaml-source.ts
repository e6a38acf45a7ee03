/** The one reader of YAML: text → value with the position of each part. */

import type { Document, Node, YAMLMap } from 'yaml';
import { loadYaml } from '../system/load-package.ts';
import { checkYaml } from './check-yaml.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import { explainYamlError, type YamlFault } from './explain-yaml-error.ts';
import type { NumberWriter } from './number-text.ts';

/** Where in a document: keys and indices from the root. */
export type YamlPath = readonly (string | number)[];

/** A parsed YAML file that still knows where each value stood. */
export interface YamlSource {
  readonly file: string;
  readonly text: string;
  /** The plain value; `undefined` where the syntax was beyond repair. */
  readonly value: unknown;
  /** The value at a path, or of the nearest parent that exists. */
  readonly locate: (path: YamlPath) => Location;
  /** The key at a path, or of the nearest parent that exists. */
  readonly locateKey: (path: YamlPath) => Location;
}

/**
 * Parses YAML 1.2 (with merge keys) and keeps positions. It is the one reader of YAML: whatever a text
 * holds, what comes of it is a value that JSON has, or a diagnostic.
 *
 * @param writer who wrote the numbers, see {@link findLostText}
 * @param prepare may change scalars of a document without syntax errors before they are looked at
 * @returns the source, and a diagnostic for the first syntax error, or for each thing in it that would
 * not be what was typed
 */
export function parseYamlSource(
  file: string,
  text: string,
  writer: NumberWriter = 'person',
  prepare: (document: Document) => void = () => {},
): { source: YamlSource; diagnostics: Diagnostic[] } {
  const { isAlias, isMap, isNode, isSeq, LineCounter, parseDocument } = loadYaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    merge: true,
    prettyErrors: false,
    // The parser compares each key with all before it: minutes for a hundred thousand stages.
    uniqueKeys: false,
  });
  const locationAt = (offset: number): Location => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const findPair = openPairFinder();
  const locate = (path: YamlPath, wantKey: boolean): Location => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      const last = depth === path.length - 1;
      if (isMap(node)) {
        const pair = findPair(node, String(step));
        if (pair === undefined) break;
        const keyOffset = (pair.key as Node).range?.[0] ?? offset;
        node = pair.value;
        offset = last && wantKey ? keyOffset : valueOffset(node, keyOffset);
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(step)];
        if (item === undefined) break;
        node = item;
        offset = valueOffset(item, offset);
      } else break;
    }
    return locationAt(offset);
  };
  const [error] = document.errors;
  if (error === undefined) prepare(document);
  const faults =
    error === undefined ? checkYaml(document, writer) : [explainYamlError(error, text, document)];
  const diagnostics = faults.map(
    ({ message, offset, expected, isValue = false }: YamlFault): Diagnostic => ({
      code: isValue ? 'wrong-value' : 'yaml-syntax',
      message: isValue ? message : `not valid YAML: ${message}`,
      location: locationAt(offset),
      ...(expected === undefined ? {} : { expected }),
    }),
  );
  // How much aliases stand for was counted already; this count forbids a hundred uses of a number.
  const value: unknown = diagnostics.length > 0 ? undefined : document.toJS({ maxAliasCount: -1 });
  const source: YamlSource = {
    file,
    text,
    value,
    locate: (path) => locate(path, false),
    locateKey: (path) => locate(path, true),
  };
  return { source, diagnostics };
}

/**
 * A source whose value is known already: it is parsed only where a place in it is asked for.
 *
 * @param readValue makes the value, when it is first asked for
 */
export function openYamlSource(file: string, text: string, readValue: () => unknown): YamlSource {
  let value: { readonly known: unknown } | undefined;
  let parsed: YamlSource | undefined;
  const parse = () => {
    parsed ??= parseYamlSource(file, text).source;
    return parsed;
  };
  return {
    file,
    text,
    get value() {
      value ??= { known: readValue() };
      return value.known;
    },
    locate: (path) => parse().locate(path),
    locateKey: (path) => parse().locateKey(path),
  };
}

/**
 * Finds the pair of a key; of repeated keys the first. Each map is indexed when it is first asked,
 * because places in a file of ten thousand stages are asked for ten thousand times.
 */
function openPairFinder(): (map: YAMLMap, key: string) => YAMLMap['items'][number] | undefined {
  const indexes = new WeakMap<YAMLMap, Map<string, YAMLMap['items'][number]>>();
  return (map, key) => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.toReversed().map((pair) => [String(pair.key), pair]));
      indexes.set(map, index);
    }
    return index.get(key);
  };
}

function valueOffset(node: unknown, fallback: number): number {
  return loadYaml().isNode(node) ? (node.range?.[0] ?? fallback) : fallback;
}
