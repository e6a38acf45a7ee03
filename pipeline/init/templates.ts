/** The workspaces that `pipeline init` can make. */

/** A workspace to start from. */
export interface Template {
  /** In a few words, for those who choose. */
  readonly description: string;
  /** Folders below `init/templates/` that are copied, one over the other. */
  readonly folders: readonly string[];
  /** Its modules for Python tell of progress and metrics with the file that this program has for that. */
  readonly usesPythonEvents: boolean;
  /** What to type after `npm install`, each with what comes of it. */
  readonly steps: readonly (readonly [command: string, gives: string])[];
}

/** What one does in any of them. */
const AGAIN = ['npx pipeline run', 'executes nothing'] as const;
const REPORT = ['npx pipeline report', 'report.html is all of it on one page'] as const;

/** By the name that `--template` takes. */
export const TEMPLATES = {
  python: {
    description: 'a sweep of trainings in Python, with metrics, a table and a figure',
    folders: ['common', 'drawing', 'python'],
    usesPythonEvents: true,
    steps: [
      ['npx pipeline run', 'results/learning-curves.png is the figure'],
      AGAIN,
      ['npx pipeline compare train', 'what each training gave'],
      REPORT,
    ],
  },
  typescript: {
    description: 'an estimate in TypeScript, with metrics and a figure',
    folders: ['common', 'drawing', 'typescript'],
    usesPythonEvents: false,
    steps: [
      ['npx pipeline run', 'results/convergence.png is the figure'],
      AGAIN,
      ['npx pipeline compare estimate', 'what each estimate gave'],
      REPORT,
    ],
  },
  shell: {
    description: 'two stages of shell commands',
    folders: ['common', 'shell'],
    usesPythonEvents: false,
    steps: [
      ['npx pipeline run', 'results/common.txt is the table'],
      AGAIN,
      ['npx pipeline compare count', 'what was measured'],
      REPORT,
    ],
  },
} as const satisfies Record<string, Template>;

/** The name of a template. */
export type TemplateName = keyof typeof TEMPLATES;

/** All names, in the order in which they are offered. */
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];

/** What `init` makes where nobody says or can be asked. */
export const DEFAULT_TEMPLATE: TemplateName = 'typescript';
