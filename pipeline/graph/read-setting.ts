/** The text of a `--set` → a value of the kind that `params` declares. */

import type { Document } from 'yaml';
import type { Json } from '../contract/values.ts';
import { findLostText } from '../pipeline-file/number-text.ts';
import { parseYamlSource } from '../pipeline-file/yaml-source.ts';
import { loadYaml } from '../system/load-package.ts';

/** One `--set key=value` of the command line. */
export interface Setting {
  /** Dotted name of a parameter. */
  readonly key: string;
  /** The value as it was typed: what it means depends on the parameter. */
  readonly text: string;
}

/** A value, or why a text is none for its parameter. */
export type ReadValue =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly message: string;
      readonly expected: string;
      readonly hint?: string;
    };

/**
 * Reads the text of a setting as a value of its parameter: of a text every character as it was
 * typed, of a number a number and nothing else, of a boolean `true` or `false`, of a list or mapping
 * YAML's flow syntax with elements of the kinds that are declared. What is declared as null takes null,
 * a number, `true` or `false`, a list or mapping, a text in quotes, and anything else as a text.
 *
 * @param declared the value in the file, which says of which kind the parameter is
 */
export function readSetting({ key, text }: Setting, declared: Json): ReadValue {
  if (typeof declared === 'string') return { ok: true, value: text };
  if (typeof declared === 'number') return readNumber(key, text, declared);
  if (typeof declared === 'boolean') return readBoolean(key, text);
  if (declared === null) return readAny(key, text);
  return readCollection(key, text, declared);
}

function readNumber(key: string, text: string, declared: number): ReadValue {
  const typed = text.trim();
  const value = readPlain(typed);
  if (typeof value === 'number') return keepNumber(key, typed, value);
  const likely = typed.replaceAll('_', '').replace(/^(\d+),(\d+)$/, '$1.$2');
  return {
    ok: false,
    message: `the parameter "${key}" is set to ${JSON.stringify(text)}, which is no number`,
    expected: `a number, such as ${declared}`,
    ...(likely !== typed && typeof readPlain(likely) === 'number'
      ? { hint: `write ${key}=${likely}` }
      : {}),
  };
}

function keepNumber(key: string, typed: string, value: number): ReadValue {
  const lost = findLostText(typed, value, 'person');
  if (lost === null) return { ok: true, value };
  const { message } = lost;
  const finite = Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return {
    ok: false,
    message: `the parameter "${key}": ${message}`,
    expected: finite ? `a number as it will be seen: ${value + 0}` : 'a number that can be kept',
  };
}

function readBoolean(key: string, text: string): ReadValue {
  const value = readPlain(text.trim());
  if (typeof value === 'boolean') return { ok: true, value };
  return {
    ok: false,
    message: `the parameter "${key}" is set to ${JSON.stringify(text)}`,
    expected: 'true or false',
  };
}

function readAny(key: string, text: string): ReadValue {
  const typed = text.trim();
  if (typed === '') {
    return {
      ok: false,
      message: `the parameter "${key}" is set to nothing`,
      expected: `a value: ${key}=null, or '${key}=""' for an empty text`,
    };
  }
  if (/^[[{]/.test(typed)) return readCollection(key, text, null);
  const value = readPlain(typed);
  if (typeof value === 'number') {
    const kept = keepNumber(key, typed, value);
    return kept.ok ? kept : { ...kept, hint: `for a text, put it in quotes: '${key}="${typed}"'` };
  }
  return { ok: true, value: value === undefined ? text : value };
}

/** Lists and mappings. @param declared null where any will do */
function readCollection(key: string, text: string, declared: Json): ReadValue {
  const kind = declared === null ? '' : Array.isArray(declared) ? 'list' : 'mapping';
  const flow = kind === 'list' ? '[' : '{';
  if (kind !== '' && !text.trim().startsWith(flow)) {
    const example = text.trim() === '' ? '' : text.trim();
    return {
      ok: false,
      message: `the parameter "${key}" is set to ${JSON.stringify(text)}, which is no ${kind}`,
      expected: `a ${kind}, such as ${JSON.stringify(declared)}`,
      ...(kind === 'list' ? { hint: `write '${key}=[${example}]'` } : {}),
    };
  }
  const { source, diagnostics } = parseYamlSource(key, text, 'person', (document) =>
    keepTexts(document, declared),
  );
  const [fault] = diagnostics;
  if (fault !== undefined) {
    return {
      ok: false,
      message: `the value ${JSON.stringify(text)} of the parameter "${key}" cannot be read: ${fault.message}`,
      expected: fault.expected ?? `a ${kind || 'list or mapping'} in YAML's flow syntax`,
      ...(kind === '' ? { hint: `for a text, put it in quotes: '${key}="…"'` } : {}),
      ...(typeof elementOf(declared) === 'string'
        ? { hint: `put texts with signs in quotes: '${key}=["#1", "a: b"]'` }
        : {}),
    };
  }
  const value = source.value as Json;
  const wrong = findWrongElement(value, declared);
  if (wrong === null) return { ok: true, value };
  return {
    ok: false,
    message: `the parameter "${key}" is set to ${JSON.stringify(value)}, of which ${JSON.stringify(wrong.found)} is no ${wrong.kind}`,
    expected: `elements like those of ${JSON.stringify(declared)}`,
  };
}

/**
 * What a text that YAML takes for one scalar, all of it, says: a number, boolean or null, or what is
 * in quotes. Undefined for any other text.
 */
function readPlain(typed: string): number | boolean | string | null | undefined {
  const { isScalar, parseDocument } = loadYaml();
  const { contents, errors, comment, commentBefore } = parseDocument(typed, {
    prettyErrors: false,
  });
  const isAlone = errors.length === 0 && (comment ?? commentBefore ?? null) === null;
  if (!isAlone || !isScalar(contents) || contents.comment || contents.tag) return undefined;
  const { value, source, type } = contents;
  const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
  if (isQuoted) return typeof value === 'string' ? value : undefined;
  if (source !== typed || typeof value === 'string') return undefined;
  return value as number | boolean | null;
}

/** Scalars without quotes are texts where texts are declared: of `[007, true]` two. */
function keepTexts(document: Document, declared: Json): void {
  const { isMap, isScalar, isSeq } = loadYaml();
  const keep = (node: unknown, like: Json | undefined): void => {
    if (isScalar(node) && node.type === 'PLAIN' && typeof like === 'string') {
      node.value = node.source ?? '';
    } else if (isSeq(node)) {
      for (const item of node.items) keep(item, elementOf(like));
    } else if (isMap(node)) {
      for (const { key, value } of node.items) keep(value, memberOf(like, String(key)));
    }
  };
  keep(document.contents, declared);
}

/** An element of a declared list, where all are of one kind of scalar. */
function elementOf(declared: Json | undefined): Json | undefined {
  if (!Array.isArray(declared)) return undefined;
  const elements = declared as readonly Json[];
  const [first] = elements;
  if (first === undefined || first === null || typeof first === 'object') return undefined;
  return elements.every((one) => typeof one === typeof first) ? first : undefined;
}

function memberOf(declared: Json | undefined, key: string): Json | undefined {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared))
    return undefined;
  const members = declared as Readonly<Record<string, Json>>;
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

/** An element of a list that is of another kind than those declared; also in mappings. */
function findWrongElement(
  value: Json,
  declared: Json | undefined,
): { readonly found: Json; readonly kind: string } | null {
  if (Array.isArray(value)) {
    const like = elementOf(declared);
    if (like === undefined) return null;
    const found = (value as readonly Json[]).find((one) => typeof one !== typeof like);
    const kind = typeof like === 'string' ? 'text' : typeof like;
    return found === undefined ? null : { found, kind };
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    const wrong = findWrongElement(member, memberOf(declared, key));
    if (wrong !== null) return wrong;
  }
  return null;
}
