/** A module's text → the text that is bundled, and the code it leads to without importing it. */

import { statSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { nameFacts } from './module-runtime.ts';

/** A module as it is bundled, and what of it leads to other code without being an import. */
export interface PreparedModule {
  readonly contents: string;
  /** Paths, from the workspace, of modules that it starts or hands on by their address. */
  readonly entries: readonly string[];
  /** What it loads with functions made by `createRequire`. */
  readonly required: readonly string[];
  /** It may start threads or processes. */
  readonly starts: boolean;
}

const TEXT = /(["`'])([^"`'$\n]+)\1/.source;
const STARTS = /\b(?:Worker|fork|spawn|spawnSync|execFile|execFileSync)\b/;
const CODE = /\.[cm]?[jt]s$/;

/** Whether a text has anything that {@link prepareModule} is for: most have not. */
export function needsPreparing(text: string): boolean {
  return /import\.meta|__dirname|__filename|\brequire\b/.test(text) || STARTS.test(text);
}

/**
 * Lets a module find its own place: `import.meta` and, in CommonJS, `__dirname` and the like become
 * what {@link nameFacts} names. esbuild does it, so that texts and variables of those names stay; and
 * because the name is ours, what then stands around it in the text is code and no comment or text.
 *
 * @param root real path of the workspace
 * @param name the module's path from there
 */
export async function prepareModule(
  esbuild: typeof import('esbuild'),
  options: import('esbuild').TransformOptions,
  root: string,
  name: string,
  text: string,
): Promise<PreparedModule> {
  const facts = nameFacts(name);
  const { code } = await esbuild.transform(text, {
    ...options,
    define: {
      'import.meta': facts,
      __dirname: `${facts}.dirname`,
      __filename: `${facts}.filename`,
      'module.filename': `${facts}.filename`,
      'module.id': `${facts}.filename`,
      'require.main': 'undefined',
      'require.resolve': `${facts}.requireResolve`,
    },
    sourcemap: 'inline',
    sourcefile: posix.basename(name),
  });
  const starts = STARTS.test(text);
  const folder = dirname(join(root, name));
  const entries = findAddressed(code, facts, starts)
    .map((path) => relative(root, join(path.fromRoot ? root : folder, path.text)))
    .map((path) => path.split(sep).join('/'));
  if (
    starts &&
    new RegExp(`${facts}\\.filename|(?:fileURLToPath\\d*|new URL)\\(${facts}\\.url\\)`).test(code)
  )
    entries.push(name);
  const linked = linkRequire(code, facts, name);
  return {
    contents: linked.code,
    entries: [...new Set(entries)].filter((path) => CODE.test(path) && isFile(join(root, path))),
    required: linked.required,
    starts,
  };
}

/** What a module names by its address: `new URL('./x.ts', import.meta.url)` and the like. */
function findAddressed(
  code: string,
  facts: string,
  starts: boolean,
): { text: string; fromRoot: boolean }[] {
  const beside = [
    new RegExp(`new URL\\(${TEXT}, ${facts}\\.url\\)`, 'g'),
    new RegExp(`${facts}\\.resolve\\(${TEXT}\\)`, 'g'),
  ];
  const found = beside.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, , text = '']) => ({ text, fromRoot: false })),
  );
  const joined = new RegExp(
    `(?:join|resolve)\\d*\\((?:${facts}\\.dirname|__dirname\\d*), ((?:${TEXT}(?:, )?)+)\\)`,
    'g',
  );
  for (const [, list = ''] of code.matchAll(joined)) {
    const steps = [...list.matchAll(new RegExp(TEXT, 'g'))].map(([, , text = '']) => text);
    found.push({ text: steps.join('/'), fromRoot: false });
  }
  if (starts) {
    // Threads and processes take paths from the folder that they run in, the workspace.
    const named = `(?:Worker\\d*\\(|fork\\d*\\(|execPath, \\[)${TEXT}`;
    for (const [, , text = ''] of code.matchAll(new RegExp(named, 'g'))) {
      found.push({ text, fromRoot: true });
    }
  }
  return found.filter(({ text }) => !/^(?:[a-z]+:|\/)/.test(text));
}

/**
 * Lets functions made by `createRequire(import.meta.url)` take what they are asked for by a literal
 * from the bundle: else an edit of it would go unnoticed.
 */
function linkRequire(
  code: string,
  facts: string,
  name: string,
): { code: string; required: readonly string[] } {
  const aliases = [...code.matchAll(/\bcreateRequire as ([\w$]+)/g)].map(([, alias]) => alias);
  const callee = `(?:[\\w$]+\\.)*(?:${['createRequire\\d*', ...aliases].join('|')})`;
  const made = new RegExp(`(${callee})\\(${facts}\\.(?:url|filename)\\)`, 'g');
  const replaced = `${facts}.makeRequire($1, __pipeline_required__)`;
  const required = new Set<string>();
  const collect = (call: string) => {
    for (const [, , text = ''] of code.matchAll(new RegExp(`${call}\\(${TEXT}\\)`, 'g'))) {
      required.add(text);
    }
  };
  let isUsed = false;
  for (const [whole] of code.matchAll(made)) {
    isUsed = true;
    collect(escapePattern(whole));
  }
  if (!isUsed) return { code, required: [] };
  const names = new RegExp(`([\\w$]+) = ${made.source}`, 'g');
  for (const [, variable = ''] of code.matchAll(names)) {
    collect(`(?<![\\w$.])${escapePattern(variable)}`);
  }
  const table = `import { find as __pipeline_required__ } from "pipeline-required:${name}";\n`;
  const at = code.indexOf('//# sourceMappingURL=');
  const linked = code.slice(0, at).replace(made, replaced) + table + code.slice(at);
  return { code: linked, required: [...required] };
}

/** The module behind `pipeline-required:`, for esbuild to follow. */
export function formatRequired(required: readonly string[]): string {
  const cases = required
    .filter((text) => text.startsWith('.'))
    .map((text) => JSON.stringify(text))
    // What is not there is looked for when it is asked for, as in Node.
    .map(
      (text) =>
        `case ${text}: return () => { try { return require(${text}); } catch (e) { throw e; } };`,
    );
  return `export function find(name) { switch (name) { ${cases.join(' ')} } }`;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$.*+?()[\]{}|\\^]/g, '\\$&');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
