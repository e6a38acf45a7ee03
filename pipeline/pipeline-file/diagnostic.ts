/**
 * A user's mistake as a value, which every phase collects: place, what was expected, remedy, and
 * how it is printed.
 */

/** A place in a file that a person edits. Lines and columns count from 1; both are 0 for an argument. */
export interface Location {
  /** Path relative to the workspace, or an argument such as `--set n`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The place of an argument, or of a file as a whole. */
export function locateArgument(argument: string): Location {
  return { file: argument, line: 0, column: 0 };
}

/** A place as editors know it, `file:line:column`; of an argument the argument. */
export function formatPlace({ file, line, column }: Location): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** Kinds of mistakes; stable names that tests and programs may rely on. */
type DiagnosticCode =
  | 'yaml-syntax'
  | 'unknown-key'
  | 'wrong-type'
  | 'wrong-value'
  | 'missing-key'
  | 'unknown-profile'
  | 'unknown-param'
  | 'unknown-stage'
  | 'unknown-output'
  | 'unknown-axis'
  | 'unknown-value'
  | 'reserved-name'
  | 'unknown-target'
  | 'unknown-variable'
  | 'template-error'
  | 'missing-file'
  | 'missing-input'
  | 'not-readable'
  | 'no-match'
  | 'duplicate-output'
  | 'duplicate-cell'
  | 'outside-workspace'
  | 'cycle'
  | 'bad-import'
  | 'too-few-gpus'
  | 'no-access'
  | 'bad-argument';

/**
 * A user's mistake, as a value: found by any phase, collected, reported together. Thrown errors are
 * bugs of ours instead.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly location: Location;
  /** What would have been right. */
  readonly expected?: string;
  /** The likeliest mend, as an instruction. */
  readonly hint?: string;
}

/** Either a value or the mistakes that kept it from being made. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Orders diagnostics as a reader meets them: by file, line, column; equal ones are dropped. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort(
      (a, b) =>
        compare(a.location.file, b.location.file) ||
        a.location.line - b.location.line ||
        a.location.column - b.location.column ||
        compare(a.message, b.message),
    )
    .filter((diagnostic) => {
      const key = JSON.stringify(diagnostic);
      return !seen.has(key) && seen.add(key);
    });
}

/** What a terminal would obey or hide, in a file's text that is quoted. */
const CONTROL = /[^\P{Cc}\t\n]|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/**
 * The text of diagnostics for people: `file:line:column: message`, the line of source with a caret,
 * what was expected, what to do.
 *
 * @param sources text by file name, for quoting the line; a file that is not in it is not quoted
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): string {
  const blocks = sortDiagnostics(diagnostics).map(({ location, message, expected, hint }) => {
    const lines = [`${formatPlace(location)}: ${message}`];
    const quoted = sources.get(location.file)?.split('\n')[location.line - 1];
    if (quoted !== undefined && quoted.trim() !== '') {
      const number = String(location.line);
      lines.push(`  ${number} | ${quoted}`);
      lines.push(`  ${' '.repeat(number.length)} | ${' '.repeat(location.column - 1)}^`);
    }
    if (expected !== undefined) lines.push(`  expected: ${expected}`);
    if (hint !== undefined) lines.push(`  fix: ${hint}`);
    return lines.join('\n').replace(CONTROL, '\uFFFD');
  });
  const count = blocks.length === 1 ? '1 mistake' : `${blocks.length} mistakes`;
  return `${blocks.join('\n\n')}\n\n${count} found; nothing was run.`;
}

/** A list for a message: `a, b or c`, cut after `limit` entries. */
export function listNames(names: Iterable<string>, limit = 12): string {
  const all = [...names];
  const shown = all.slice(0, limit);
  if (all.length > limit) return `${shown.join(', ')}, … (${all.length} in all)`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/** The name nearest to a misspelt one, if any is near enough to be meant. */
export function suggestName(misspelt: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(misspelt.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(misspelt.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** `hint` for a misspelt name, or nothing: spread into a {@link Diagnostic}. */
export function suggest(misspelt: string, names: Iterable<string>): { hint?: string } {
  const name = suggestName(misspelt, names);
  return name === undefined ? {} : { hint: `did you mean "${name}"?` };
}

/** Levenshtein's distance: insertions, deletions and substitutions, each costing 1. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
