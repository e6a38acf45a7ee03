import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What `npm run lint` holds dead: files, exports and packages that nothing here reaches from these entries. */

/** @type {import('knip').KnipConfig} */
export default {
  workspaces: {
    '.': {
      entry: [
        'commands/report/browser/main.ts!',
        ...modulesOf('pipeline.yaml'),
        // Started as a process, by its address.
        'commands/called-in-child.ts!',
        'bench/*.ts',
        // Packed by bench/gpu.sh.
        'bench/gpu/{make-reference,measure-model}.ts',
        'tests/**/*.test.ts',
        'tests/fixtures/inject-fault.mjs',
      ],
      project: [
        'stages/**/*.ts!',
        'experiment/**/*.ts!',
        'commands/**/*.ts!',
        'bench/**/*.ts',
        'tests/**/*.{ts,mjs}',
      ],
    },
    pipeline: {
      entry: [
        'bin/*.js!',
        'cli/main.ts!',
        'executor/worker.ts!',
        'slurm/job-entry.ts!',
        'serve/browser/main.ts!',
      ],
      // Workspaces for `pipeline init` to copy are copied as they stand.
      project: ['bin/**/*.js!', '**/*.ts!', '!init/templates/**'],
    },
  },
  // Read by path, not imported: the page's font and the script that shows its figures.
  ignoreDependencies: ['@expo-google-fonts/inter', 'vega-embed'],
  // Engines that a user may install are imported where they are there; programs of the system are looked for.
  exclude: ['optionalPeerDependencies', 'binaries'],
};

/**
 * The modules that a `pipeline.yaml` names for stages and commands; what a parameter decides may be any.
 *
 * @param {string} path
 * @returns {string[]}
 */
function modulesOf(path) {
  const { stages, commands } = parse(readFileSync(path, 'utf8'));
  return [...Object.values(stages), ...Object.values(commands)]
    .flatMap(({ module, machine, estimate }) => [
      module,
      estimate?.module,
      ...[machine ?? []].flat().map((one) => one.module ?? one),
    ])
    .filter((module) => module !== undefined)
    .map((module) => `${module.replaceAll(/\{\{.*?\}\}/g, '*')}!`);
}
