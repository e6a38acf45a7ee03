import type { Node, YAMLMap } from 'yaml';
import { loadYaml } from '../system/load-package.ts';
import type { Diagnostic, Location } from './diagnostic.ts';

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
 * Parses YAML 1.2 (with merge keys) and keeps positions.
 *
 * @returns the source, and a diagnostic for each syntax error, duplicate key or number that JSON,
 * in which stages are told their parameters, does not have
 */
export function parseYamlSource(
  file: string,
  text: string,
): { source: YamlSource; diagnostics: Diagnostic[] } {
  const { isAlias, isMap, isNode, isSeq, LineCounter, parseDocument, visit } = loadYaml();
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
  const diagnostics = document.errors.map(
    (error): Diagnostic => ({
      code: 'yaml-syntax',
      message: `not valid YAML: ${error.message}`,
      location: locationAt(error.pos[0]),
    }),
  );
  visit(document, {
    Map(_key, map) {
      for (const key of findRepeatedKeys(map)) {
        diagnostics.push({
          code: 'yaml-syntax',
          message: 'not valid YAML: map keys must be unique',
          location: locationAt(key.range?.[0] ?? 0),
        });
      }
    },
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      diagnostics.push({
        code: 'yaml-syntax',
        message: `not valid YAML: no anchor "&${alias.source}" comes before this alias`,
        location: locationAt(alias.range?.[0] ?? 0),
      });
    },
    Scalar(_key, { value, range }) {
      if (typeof value !== 'number' || Number.isFinite(value)) return;
      diagnostics.push({
        code: 'wrong-value',
        message: `${value} cannot be a value`,
        location: locationAt(range?.[0] ?? 0),
        expected: 'a finite number, or a text in quotes',
      });
    },
  });
  let value: unknown;
  if (diagnostics.length === 0) {
    try {
      value = document.toJS();
    } catch (error) {
      // Thrown for alias expansion bombs.
      diagnostics.push({
        code: 'yaml-syntax',
        message: `not valid YAML: ${error instanceof Error ? error.message : String(error)}`,
        location: locationAt(0),
      });
    }
  }
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

/** Scalar keys of a map that came before in it. */
function findRepeatedKeys(map: YAMLMap): Node[] {
  const { isScalar } = loadYaml();
  const seen = new Set<unknown>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    if (seen.has(key.value)) return [key];
    seen.add(key.value);
    return [];
  });
}

function valueOffset(node: unknown, fallback: number): number {
  return loadYaml().isNode(node) ? (node.range?.[0] ?? fallback) : fallback;
}
