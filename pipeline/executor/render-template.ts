/** The third kind of action, a template: rendered here, in no process. */

import nunjucks from 'nunjucks';
import type { Json, JsonObject } from '../contract/values.ts';
import { TEMPLATE_OPTIONS, templateCandidates } from '../fingerprint/template-closure.ts';
import { applyFilter } from '../graph/interpolate.ts';

/**
 * Renders a template stage. An undefined or null variable is an error; nothing is escaped, because
 * what is rendered is YAML, text or data.
 *
 * @param files texts by path from the workspace: those that were hashed, not what stands there now
 * @param entry path of the template from the workspace
 * @param variables those that are in the fingerprint, and no others
 * @throws an error named StageFailure that names the template, line and column
 */
export function renderTemplate(
  files: ReadonlyMap<string, string>,
  entry: string,
  variables: JsonObject,
): string {
  const loader: nunjucks.ILoader = {
    getSource(name) {
      const candidates = name === entry ? [entry] : templateCandidates(entry, name);
      for (const path of candidates) {
        const src = files.get(path);
        if (src !== undefined) return { src, path, noCache: true };
      }
      throw new Error(`the template "${name}" does not exist`);
    },
  };
  const environment = new nunjucks.Environment(loader, {
    ...TEMPLATE_OPTIONS,
    autoescape: false,
    throwOnUndefined: true,
  });
  for (const name of ['fixed', 'decimals']) {
    environment.addFilter(name, (value: Json, digits: number) =>
      applyFilter(name, value, [digits]),
    );
  }
  const guard = guardOutput(files);
  try {
    return environment.render(entry, variables);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const message = guard.message() ?? text.replace(/^Template render error: /, '');
    throw Object.assign(new Error(message), { name: 'StageFailure' });
  } finally {
    guard.release();
  }
}

/** What nunjucks calls with each value that it prints, and its place, counted from 0. */
interface OutputRuntime {
  ensureDefined: (value: unknown, line: number, column: number) => unknown;
}

/**
 * Lets nunjucks print single values only. It has a hook for undefined and null alone, so lists and
 * mappings, which would become `a,b` and `[object Object]`, are looked for in its place, as long as one
 * template is rendered, which is synchronous.
 */
function guardOutput(files: ReadonlyMap<string, string>): {
  readonly message: () => string | null;
  readonly release: () => void;
} {
  const { runtime } = nunjucks as unknown as { runtime: OutputRuntime };
  const before = runtime.ensureDefined;
  let message: string | null = null;
  runtime.ensureDefined = (value, line, column) => {
    const fault = describeOutput(value);
    if (fault === null) return value;
    message ??= `${describePlace(files, line, column)} ${fault}`;
    throw new Error(message);
  };
  return {
    message: () => message,
    release: () => {
      runtime.ensureDefined = before;
    },
  };
}

/** Why a value cannot be printed; null where it can. */
function describeOutput(value: unknown): string | null {
  if (value === undefined) return 'is undefined';
  if (value === null) {
    return 'is null: ask with {% if … != none %}, or print {{ … | default("text", true) }}';
  }
  if (Array.isArray(value)) return 'is a list: print {{ … | join(", ") }} or {{ … | dump }}';
  // Not what super() and macros return: a text in an object of its own.
  const isMapping = typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  return isMapping ? 'is a mapping: print {{ … | dump }}, which is JSON' : null;
}

/** Where an output stands, and its expression: that of the only file that has one there, if it is one. */
function describePlace(files: ReadonlyMap<string, string>, line: number, column: number): string {
  const found = [...files].flatMap(([file, text]) => {
    const rest = text.split('\n')[line]?.slice(column) ?? '';
    const expression = /^\{\{-?\s*(.*?)\s*-?\}\}/.exec(rest)?.[1];
    return expression === undefined ? [] : [`${file}:${line + 1}:${column + 1}: "${expression}"`];
  });
  return found.length === 1 ? String(found[0]) : `line ${line + 1}, column ${column + 1}: a value`;
}
