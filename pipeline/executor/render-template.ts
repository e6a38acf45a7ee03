import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { TEMPLATE_OPTIONS, templateCandidates } from '../fingerprint/template-closure.ts';
import { applyFilter } from '../graph/interpolate.ts';
import type { Json, JsonObject } from '../job/contract.ts';

/**
 * Renders a template stage. An undefined or null variable is an error; nothing is escaped, because
 * what is rendered is YAML, text or data.
 *
 * @param entry path of the template from the workspace
 * @throws an error named StageFailure that names the template, line and column
 */
export function renderTemplate(workspace: string, entry: string, variables: JsonObject): string {
  const loader: nunjucks.ILoader = {
    getSource(name) {
      for (const path of name === entry ? [entry] : templateCandidates(entry, name)) {
        try {
          return { src: readFileSync(join(workspace, path), 'utf8'), path, noCache: true };
        } catch {
          // The next candidate may exist.
        }
      }
      throw new Error(`the template "${name}" does not exist`);
    },
  };
  const environment = new nunjucks.Environment(loader, {
    ...TEMPLATE_OPTIONS,
    autoescape: false,
    throwOnUndefined: true,
  });
  environment.addFilter('fixed', (value: Json, digits: number) =>
    applyFilter('fixed', value, digits),
  );
  try {
    return environment.render(entry, variables);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(text.replace(/^Template render error: /, '')), {
      name: 'StageFailure',
    });
  }
}
