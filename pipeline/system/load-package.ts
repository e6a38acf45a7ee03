/** Packages that cost time to load, loaded when they are first called for. */

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The package `yaml`, loaded when it is first called for: most commands find what they need in
 * memory, and loading a parser would be a good part of what they cost.
 */
export function loadYaml(): typeof import('yaml') {
  return require('yaml') as typeof import('yaml');
}

/** The package `esbuild`, loaded when it is first called for: it starts a program of its own. */
export function loadEsbuild(): typeof import('esbuild') {
  return require('esbuild') as typeof import('esbuild');
}

/** The package `@vscode/tree-sitter-wasm`, loaded when the first program of another language is read. */
export function loadTreeSitter(): typeof import('@vscode/tree-sitter-wasm') {
  return require('@vscode/tree-sitter-wasm') as typeof import('@vscode/tree-sitter-wasm');
}

/** The file of a grammar for it. */
export function locateGrammar(language: 'python'): string {
  return require.resolve(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${language}.wasm`);
}
