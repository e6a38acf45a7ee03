/** `{{ … }}` in paths, names and commands: parsed, looked up, filtered, filled in. */

import type { Json, JsonObject } from '../contract/values.ts';

/** A piece of a text with variables: literal text, or a variable with filters to apply in order. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly path: readonly string[];
      readonly filters: readonly Filter[];
      /** As it is written, braces included. */
      readonly source: string;
    };

interface Filter {
  readonly name: string;
  readonly arguments: readonly (string | number)[];
}

/** How two braces are written that are none of ours. */
export const ESCAPE = '{{ "{{" }}';

/** Why a text with variables could not be filled in. */
export interface InterpolationFault {
  readonly kind: 'unknown-variable' | 'template-error';
  readonly message: string;
  /** The variable's dotted name, for suggestions. */
  readonly name: string;
  /** As it is written, from the braces on. */
  readonly source: string;
  /** The likeliest mend, where it is no other name. */
  readonly hint?: string;
}

const ARGUMENT = /\d+|'[^'(){}|]*'/.source;
const FILTER = `\\s*\\|\\s*[a-z]+(?:\\(\\s*(?:${ARGUMENT})(?:\\s*,\\s*(?:${ARGUMENT}))*\\s*\\))?`;
const EXPRESSION = new RegExp(
  `^\\s*([A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)*)((?:${FILTER})*)\\s*$`,
);

const ESCAPED = /^\{\{\s*(?:"(\{\{|\}\})"|'(\{\{|\}\})')\s*\}\}/;

const TEMPLATE_TAG =
  /\{%-?\s*(?:if|elif|else|endif|for|endfor|set|endset|include|macro|raw)\b[^%\n]*%\}/g;

/**
 * Splits `"{{ folders.data }}/{{ p | fixed(1) }}"` into pieces. The subset of nunjucks that names of
 * files and cells need: dotted variables and the filters of {@link applyFilter}; and {@link ESCAPE}. What
 * is neither is a fault and, in the pieces, text.
 */
export function parsePieces(text: string): { pieces: Piece[]; faults: InterpolationFault[] } {
  const pieces: Piece[] = [];
  const faults: InterpolationFault[] = [];
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf('{{', position);
    if (open === -1) break;
    if (open > position) addText(pieces, text.slice(position, open));
    const escaped = ESCAPED.exec(text.slice(open, open + 40));
    if (escaped !== null) {
      addText(pieces, escaped[1] ?? escaped[2] ?? '');
      position = open + escaped[0].length;
      continue;
    }
    const close = text.indexOf('}}', open);
    const source = close === -1 ? '' : text.slice(open + 2, close);
    const match = close === -1 ? null : EXPRESSION.exec(source);
    const name = match?.[1];
    if (name === undefined) {
      faults.push(describeForeign(text.slice(open)));
      // What follows may well be ours.
      addText(pieces, '{{');
      position = open + 2;
      continue;
    } else {
      const whole = text.slice(open, close + 2);
      const filters = parseFilters(match?.[2] ?? '');
      for (const filter of filters.filter(({ name }) => !FILTERS.includes(name))) {
        faults.push({
          kind: 'template-error',
          message: `unknown filter "${filter.name}" in "{{${source}}}"; there are ${FILTERS.join(', ')}`,
          name: filter.name,
          source: whole,
        });
      }
      pieces.push({ kind: 'variable', path: name.split('.'), filters, source: whole });
    }
    position = close + 2;
  }
  if (position < text.length) addText(pieces, text.slice(position));
  for (const [found] of text.includes('{%') ? text.matchAll(TEMPLATE_TAG) : []) {
    faults.push({
      kind: 'template-error',
      message: `"${found}" is for templates, and would be left as it is`,
      name: found,
      source: found,
      hint: 'render it by a stage with a template, or decide in the shell',
    });
  }
  return { pieces, faults };
}

/** Adds a text to pieces, of which no two that follow each other are texts. */
function addText(pieces: Piece[], text: string): void {
  const last = pieces.at(-1);
  if (last?.kind !== 'text') pieces.push({ kind: 'text', text });
  else pieces[pieces.length - 1] = { kind: 'text', text: last.text + text };
}

/** The fault of two braces that begin no variable. */
function describeForeign(text: string): InterpolationFault {
  const end = /\}\}|\n|(?!^)\{\{|$/.exec(text)?.index ?? text.length;
  const isClosed = text.startsWith('}}', end);
  const whole = isClosed ? text.slice(0, end + 2) : text.slice(0, Math.min(end, 40)).trimEnd();
  const name = isClosed ? whole.slice(2, -2).trim() : whole;
  return {
    kind: 'template-error',
    message: `"${name}" is not a variable like {{ name }} or {{ p | fixed(1) }} (braces that are not ours: ${ESCAPE})`,
    name,
    source: whole,
  };
}

function parseFilters(text: string): Filter[] {
  return [...text.matchAll(/\|\s*([a-z]+)(?:\(([^)]*)\))?/g)].map(([, name, list]) => ({
    name: name ?? '',
    arguments: [...(list ?? '').matchAll(new RegExp(ARGUMENT, 'g'))].map(([argument]) =>
      argument.startsWith("'") ? argument.slice(1, -1) : Number(argument),
    ),
  }));
}

const FILTERS: readonly string[] = ['fixed', 'decimals', 'lower', 'upper', 'tag', 'dump'];

/**
 * The filters of names and paths; templates have `fixed` and `decimals` too, beside nunjucks' own.
 *
 * `fixed(1)` rounds to so many decimals; `decimals(1)` writes at least so many, and as many more as
 * the number has, so that different numbers have different names.
 *
 * `tag('_s', 42)` is for names that tell the unusual only: nothing where the value is the usual one
 * or false, else the text, and behind it the value unless that is true.
 *
 * @throws Error for a filter that {@link parsePieces} would not let pass
 */
export function applyFilter(
  name: string,
  value: Json,
  [first, second]: readonly (string | number)[] = [],
): Json {
  switch (name) {
    case 'fixed':
      return typeof value === 'number' ? value.toFixed(Number(first ?? 0)) : value;
    case 'decimals':
      return typeof value === 'number' ? formatDecimals(value, Number(first ?? 0)) : value;
    case 'lower':
      return String(value).toLowerCase();
    case 'upper':
      return String(value).toUpperCase();
    case 'dump':
      return JSON.stringify(value);
    case 'tag':
      if (value === false || value === second) return '';
      return `${first ?? ''}${value === true ? '' : String(value)}`;
    default:
      throw new Error(`unknown filter ${name}`);
  }
}

/** A number as it is, with at least so many decimals where it is not written with an exponent. */
function formatDecimals(value: number, least: number): string {
  const text = String(value);
  const decimals = /^-?\d+(?:\.(\d+))?$/.exec(text)?.[1]?.length ?? 0;
  return text.includes('e') || decimals >= least ? text : value.toFixed(least);
}

/**
 * Applies the filters of a variable, first to last.
 *
 * @throws Error for a filter that {@link parsePieces} would not let pass
 */
export function applyFilters(filters: readonly Filter[], value: Json): Json {
  return filters.reduce<Json>((v, filter) => applyFilter(filter.name, v, filter.arguments), value);
}

/** The value of a dotted name, or undefined where there is none. */
export function lookUpVariable(variables: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = variables;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const parent: JsonObject = value as JsonObject;
    value = Object.hasOwn(parent, step) ? parent[step] : undefined;
  }
  return value;
}

/**
 * Fills in the variables of a text. All faults are reported, not the first alone.
 *
 * @throws Error for a filter that {@link parsePieces} would not let pass
 */
export function interpolate(
  text: string,
  variables: JsonObject,
): { text: string; faults: InterpolationFault[] } {
  const { pieces, faults } = parsePieces(text);
  faults.push(...findSingleBraces(text, variables));
  if (faults.length > 0) return { text, faults };
  let result = '';
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      result += piece.text;
      continue;
    }
    const name = piece.path.join('.');
    const value = lookUpVariable(variables, piece.path);
    const fault = (kind: InterpolationFault['kind'], message: string) =>
      faults.push({ kind, message, name, source: piece.source });
    if (value === undefined) fault('unknown-variable', `undefined variable "${name}"`);
    else if (value === null || typeof value === 'object') {
      fault('template-error', `"${name}" is ${value === null ? 'null' : 'not a single value'}`);
    } else {
      result += String(applyFilters(piece.filters, value));
    }
  }
  return { text: result, faults };
}

/** `{ seed }` where a variable is called so: one pair of braces is missing. */
function findSingleBraces(text: string, variables: JsonObject): InterpolationFault[] {
  return [...text.matchAll(/(?<![{$])\{\s*(\w+(?:\.\w+)*)\s*\}(?!\})/g)].flatMap(
    ([found, name = '']) =>
      lookUpVariable(variables, name.split('.')) === undefined
        ? []
        : [
            {
              kind: 'template-error' as const,
              message: `"${found}" has single braces`,
              name: found,
              source: found,
              hint: `write {{ ${name} }}`,
            },
          ],
  );
}
