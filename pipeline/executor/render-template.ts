import nunjucks from 'nunjucks';
import { TEMPLATE_OPTIONS, templateCandidates } from '../fingerprint/template-closure.ts';
import { applyFilter } from '../graph/interpolate.ts';
import type { Json, JsonObject } from '../job/contract.ts';

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
  try {
    return environment.render(entry, variables);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(text.replace(/^Template render error: /, '')), {
      name: 'StageFailure',
    });
  }
}
