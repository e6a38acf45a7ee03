/** What keeps code from being traced → mistakes at their place. */

import type { Message } from 'esbuild';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';

/**
 * `import(expression)` hides which code will run; a literal, or a pattern esbuild expands, does not.
 *
 * Methods may be called `import` too, and texts may hold the word, so esbuild is asked: for a target
 * without dynamic imports it replaces those, and nothing else, by calls of its own.
 */
export async function findComputedImports(
  esbuild: typeof import('esbuild'),
  name: string,
  text: string,
  code: string,
): Promise<Diagnostic[]> {
  return [
    ...(await findComputedRequires(esbuild, name, text, code)),
    ...(await findComputedDynamicImports(esbuild, name, text, code)),
  ];
}

/** `require(expression)` in CommonJS; not of a function that `createRequire` has made. */
async function findComputedRequires(
  esbuild: typeof import('esbuild'),
  name: string,
  text: string,
  code: string,
): Promise<Diagnostic[]> {
  if (!code.includes('require(')) return [];
  const { code: replaced } = await esbuild.transform(code, {
    loader: 'js',
    minifyWhitespace: true,
    define: { require: OWN_REQUIRE },
    target: 'es2023',
    logLevel: 'silent',
  });
  const calls = replaced.matchAll(new RegExp(`${OWN_REQUIRE}\\((?!${FOLLOWED})`, 'g'));
  if ([...calls].length === 0) return [];
  return [
    describeComputed(
      name,
      text,
      /(?<![.\w$])require\s*\(\s*(?!\s|["'`])/,
      'a computed require',
      "require('./a-literal-path.cjs'), or a table of such calls to choose from",
    ),
  ];
}

const OWN_REQUIRE = '__pipeline_require__';
const LITERAL = '(?:"[^"]*"|\'[^\']*\'|`[^`$]*`)';
/** A literal, a choice of two, or a pattern below a folder, which esbuild expands. */
const FOLLOWED = `${LITERAL}[),]|[^()"'\`]*\\?${LITERAL}:${LITERAL}\\)|["'\`]\\.{1,2}/`;

async function findComputedDynamicImports(
  esbuild: typeof import('esbuild'),
  name: string,
  text: string,
  code: string,
): Promise<Diagnostic[]> {
  if (!code.includes('import(')) return [];
  const replace = async (format: 'esm' | 'cjs') =>
    esbuild.transform(code, {
      loader: 'js',
      format,
      minifyWhitespace: true,
      supported: { 'dynamic-import': false },
      target: 'es2023',
      logLevel: 'silent',
    });
  // CommonJS may have syntax that modules may not, and the reverse.
  const { code: replaced } = await replace('esm').catch(() => replace('cjs'));
  if (!/__toESM\(require\((?!["']|`\.{1,2}\/)/.test(replaced)) return [];
  return [
    describeComputed(
      name,
      text,
      /(?<![.\w$])import\s*\(\s*(?!\s|["'`])/,
      'a computed import',
      "import('./a-literal-path.ts'), or a table of such imports to choose from",
    ),
  ];
}

function describeComputed(
  file: string,
  text: string,
  pattern: RegExp,
  what: string,
  expected: string,
): Diagnostic {
  const rows = text.split('\n');
  const line = Math.max(
    0,
    rows.findIndex((row) => pattern.test(row)),
  );
  return {
    code: 'bad-import',
    message: `${what} cannot be followed, so an edit behind it would go unnoticed`,
    location: {
      file,
      line: line + 1,
      column: Math.max(0, rows[line]?.search(pattern) ?? 0) + 1,
    },
    expected,
  };
}

/**
 * The mistake of importing a package that is not there, at the first place that names it.
 *
 * @param aliases what `paths` of tsconfig.json stand for something: Node does not read them
 */
export function describeMissingPackage(
  name: string,
  entry: string,
  sources: ReadonlyMap<string, string>,
  aliases: readonly string[],
): Diagnostic {
  const alias = aliases.find((pattern) =>
    pattern.endsWith('*') ? `${name}/`.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  const missingPackage =
    alias === undefined ? missingFromNode : (...rest: Place) => aliasOf(alias, ...rest);
  for (const [file, text] of sources) {
    const rows = text.split('\n');
    const line = rows.findIndex((row) => row.includes(`'${name}`) || row.includes(`"${name}`));
    if (line === -1) continue;
    const column = (rows[line]?.search(/['"]/) ?? 0) + 1;
    return missingPackage(name, { file, line: line + 1, column });
  }
  return missingPackage(name, { file: entry, line: 1, column: 1 });
}

type Place = [name: string, location: Diagnostic['location']];

function aliasOf(alias: string, ...[name, location]: Place): Diagnostic {
  const own = `#${alias.replace(/^[@~#]?\/?/, '')}`;
  return {
    code: 'bad-import',
    message: `"${name}" is a path of tsconfig.json ("${alias}"), which Node does not resolve`,
    location,
    expected: 'a relative path, or a name that package.json declares under "imports"',
    hint: `"imports": { "${own}": … } in package.json, and ${own} here`,
  };
}

function missingFromNode(...[name, location]: Place): Diagnostic {
  return {
    code: 'bad-import',
    message: `the package "${name}" is not installed`,
    location,
    expected: 'a package of package-lock.json or node_modules',
    hint: `npm install ${name}`,
  };
}

/** Bundles are modules, and so strict. */
const STRICT = 'write it for strict mode, which holds for CommonJS of the workspace too';

/**
 * What esbuild found wrong, in our own form.
 *
 * @throws the error itself where it is none of a build
 */
export function describeBuildErrors(error: unknown, entry: string): Diagnostic[] {
  const messages = (error as { errors?: readonly Message[] }).errors;
  if (messages === undefined) throw error;
  return messages.map((message) => ({
    code: 'bad-import',
    message: message.text,
    location: {
      file: message.location?.file ?? entry,
      line: message.location?.line ?? 1,
      column: (message.location?.column ?? 0) + 1,
    },
    expected: 'code that can be read and imports that lead to files or packages',
    ...(/strict mode/.test(message.text) ? { hint: STRICT } : {}),
  }));
}
