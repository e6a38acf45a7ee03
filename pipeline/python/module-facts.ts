/** Python, read: what the text of one module says, wherever it stands. */

import { hashBytes } from '../fingerprint/canonical.ts';
import { canonicalize } from './canonical-module.ts';
import { findImports } from './find-imports.ts';
import type { ParsePython, PythonNode } from './parse-python.ts';
import type { BlindSpot, ModuleFacts } from './said-of-modules.ts';

const READERS = /__doc__|getdoc|doctest|pydoc/;

/** Reads the facts of a module. Of a text that is no Python the text itself counts. */
export function readFacts(text: string, parse: ParsePython): ModuleFacts {
  const source = text.replace(/^\uFEFF/, '');
  const { root, fault } = parse(source);
  const found = findImports(root, source);
  const common = { ...found, readsDocstrings: READERS.test(source) };
  if (fault !== null) {
    const digest = hashBytes(source);
    const blind = [...found.blind, describeFault(fault)];
    return { ...common, digest, digestWithDocstrings: digest, blind };
  }
  const canonical = canonicalize(root, source);
  return {
    ...common,
    digest: hashBytes(canonical.text),
    digestWithDocstrings: hashBytes(canonical.withDocstrings),
  };
}

function describeFault({ line, column }: PythonNode): BlindSpot {
  const what =
    'this is not read as Python, so all of the file counts as it stands, and imports in it may be missed';
  return { what, line, column };
}
