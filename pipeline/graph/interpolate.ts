import type { Json, JsonObject } from '../job/contract.ts';

/** A piece of a text with variables: literal text, or a variable with filters to apply in order. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly path: readonly string[];
      readonly filters: readonly Filter[];
    };

interface Filter {
  readonly name: string;
  readonly arguments: readonly (string | number)[];
}

/** Why a text with variables could not be filled in. */
export interface InterpolationFault {
  readonly kind: 'unknown-variable' | 'template-error';
  readonly message: string;
  /** The variable's dotted name, for suggestions. */
  readonly name: string;
}

const ARGUMENT = /\d+|'[^'(){}|]*'/.source;
const FILTER = `\\s*\\|\\s*[a-z]+(?:\\(\\s*(?:${ARGUMENT})(?:\\s*,\\s*(?:${ARGUMENT}))*\\s*\\))?`;
const EXPRESSION = new RegExp(
  `^\\s*([A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)*)((?:${FILTER})*)\\s*$`,
);

/**
 * Splits `"{{ folders.data }}/{{ p | fixed(1) }}"` into pieces. The subset of nunjucks that names of
 * files and cells need: dotted variables and the filters of {@link applyFilter}.
 */
export function parsePieces(text: string): { pieces: Piece[]; faults: InterpolationFault[] } {
  const pieces: Piece[] = [];
  const faults: InterpolationFault[] = [];
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf('{{', position);
    if (open === -1) break;
    const close = text.indexOf('}}', open);
    const source = close === -1 ? text.slice(open) : text.slice(open + 2, close);
    const match = close === -1 ? null : EXPRESSION.exec(source);
    const name = match?.[1];
    if (name === undefined) {
      faults.push({
        kind: 'template-error',
        message: `"${source.trim()}" is not a variable like {{ name }} or {{ p | fixed(1) }}`,
        name: source.trim(),
      });
    } else {
      if (open > position) pieces.push({ kind: 'text', text: text.slice(position, open) });
      const filters = parseFilters(match?.[2] ?? '');
      for (const filter of filters.filter(({ name }) => !FILTERS.includes(name))) {
        faults.push({
          kind: 'template-error',
          message: `unknown filter "${filter.name}" in "{{${source}}}"; there are ${FILTERS.join(', ')}`,
          name: filter.name,
        });
      }
      pieces.push({ kind: 'variable', path: name.split('.'), filters });
    }
    position = close === -1 ? text.length : close + 2;
  }
  if (position < text.length) pieces.push({ kind: 'text', text: text.slice(position) });
  return { pieces, faults };
}

function parseFilters(text: string): Filter[] {
  return [...text.matchAll(/\|\s*([a-z]+)(?:\(([^)]*)\))?/g)].map(([, name, list]) => ({
    name: name ?? '',
    arguments: [...(list ?? '').matchAll(new RegExp(ARGUMENT, 'g'))].map(([argument]) =>
      argument.startsWith("'") ? argument.slice(1, -1) : Number(argument),
    ),
  }));
}

const FILTERS: readonly string[] = ['fixed', 'decimals', 'lower', 'upper', 'tag'];

/**
 * The filters of names and paths; templates have `fixed` and `decimals` too, beside nunjucks' own.
 *
 * `fixed(1)` rounds to so many decimals; `decimals(1)` writes at least so many, and as many more as
 * the number has, so that different numbers have different names.
 *
 * `tag('_s', 42)` is for names that tell the unusual only: nothing where the value is the usual one
 * or false, else the text, and behind it the value unless that is true.
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

/** Applies the filters of a variable, first to last. */
export function applyFilters(filters: readonly Filter[], value: Json): Json {
  return filters.reduce<Json>((v, filter) => applyFilter(filter.name, v, filter.arguments), value);
}

/** The value of a dotted name, or undefined where there is none. */
export function lookUp(variables: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = variables;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const parent: JsonObject = value as JsonObject;
    value = Object.hasOwn(parent, step) ? parent[step] : undefined;
  }
  return value;
}

/** Fills in the variables of a text. All faults are reported, not the first alone. */
export function interpolate(
  text: string,
  variables: JsonObject,
): { text: string; faults: InterpolationFault[] } {
  const { pieces, faults } = parsePieces(text);
  if (faults.length > 0) return { text, faults };
  let result = '';
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      result += piece.text;
      continue;
    }
    const name = piece.path.join('.');
    const value = lookUp(variables, piece.path);
    const fault = (kind: InterpolationFault['kind'], message: string) =>
      faults.push({ kind, message, name });
    if (value === undefined) fault('unknown-variable', `undefined variable "${name}"`);
    else if (value === null || typeof value === 'object') {
      fault('template-error', `"${name}" is ${value === null ? 'null' : 'not a single value'}`);
    } else {
      result += String(applyFilters(piece.filters, value));
    }
  }
  return { text: result, faults };
}
