import type { Message } from 'esbuild';
import type { Diagnostic } from '../spec/diagnostic.ts';

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
  if (!code.includes('import(')) return [];
  const { code: replaced } = await esbuild.transform(code, {
    loader: 'js',
    format: 'esm',
    minifyWhitespace: true,
    supported: { 'dynamic-import': false },
    target: 'es2023',
    logLevel: 'silent',
  });
  if (!/__toESM\(require\((?!["']|`\.{1,2}\/)/.test(replaced)) return [];
  const rows = text.split('\n');
  const computed = /(?<![.\w$])import\s*\(\s*(?!\s|["'`])/;
  const line = Math.max(
    0,
    rows.findIndex((row) => computed.test(row)),
  );
  return [
    {
      code: 'bad-import',
      message: 'a computed import cannot be followed, so an edit behind it would go unnoticed',
      location: {
        file: name,
        line: line + 1,
        column: Math.max(0, rows[line]?.search(computed) ?? 0) + 1,
      },
      expected: "import('./a-literal-path.ts'), or a table of such imports to choose from",
    },
  ];
}

/** The mistake of importing a package that is not there, at the first place that names it. */
export function describeMissingPackage(
  name: string,
  entry: string,
  sources: ReadonlyMap<string, string>,
): Diagnostic {
  for (const [file, text] of sources) {
    const rows = text.split('\n');
    const line = rows.findIndex((row) => row.includes(`'${name}`) || row.includes(`"${name}`));
    if (line === -1) continue;
    const column = (rows[line]?.search(/['"]/) ?? 0) + 1;
    return missingPackage(name, { file, line: line + 1, column });
  }
  return missingPackage(name, { file: entry, line: 1, column: 1 });
}

function missingPackage(name: string, location: Diagnostic['location']): Diagnostic {
  return {
    code: 'bad-import',
    message: `the package "${name}" is not installed`,
    location,
    expected: 'a package of package-lock.json or node_modules',
    hint: `npm install ${name}`,
  };
}

/** What esbuild found wrong, in our own form. */
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
  }));
}
