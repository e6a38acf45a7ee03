/**
 * Loads a script with its compiled form, which V8 makes again only where it does not fit: parsing and
 * compiling is a good part of what a short command takes.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/**
 * Evaluates a CommonJS script. It cannot import modules dynamically: V8 loses who would load them when
 * it takes the compiled form.
 *
 * @param {import('./find-program.js').FoundProgram} program
 * @returns its exports, and what keeps its compiled form beside it, with all functions that were called
 * until then; nothing happens where it is kept already, or the script is in memory alone
 */
export function loadScript({ path, text, ownPath }) {
  const cachePath = `${path}.compiled`;
  const cached = text === null ? readIfThere(cachePath) : undefined;
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) { ${text ?? readFileSync(path, 'utf8')}\n})`,
    {
      filename: path,
      ...(cached === undefined ? {} : { cachedData: cached }),
    },
  );
  const isKept = cached !== undefined && script.cachedDataRejected === false;
  const module = { exports: /** @type {any} */ ({}) };
  const evaluate = script.runInThisContext();
  evaluate(module.exports, createRequire(ownPath), module, ownPath, dirname(ownPath));
  const keepCompiled = () => {
    if (isKept || text !== null) return;
    const aside = `${cachePath}.${randomBytes(4).toString('hex')}`;
    try {
      writeFileSync(aside, script.createCachedData());
      renameSync(aside, cachePath);
    } catch {
      // A folder that may not be written, a full disk: the next start compiles again.
    }
  };
  return { exports: module.exports, keepCompiled };
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
