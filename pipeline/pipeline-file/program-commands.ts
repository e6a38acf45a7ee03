/** Names that a workspace's own commands cannot have. */

/** The commands of the program itself, which a workspace's own would never be reached behind. */
export const PROGRAM_COMMANDS: readonly string[] = [
  'accept-equal',
  'attach',
  'cache',
  'clean',
  'compare',
  'completion',
  'diff',
  'graph',
  'help',
  'init',
  'log',
  'plan',
  'run',
  'runs',
  'serve',
  'status',
  'trace',
  'track',
  'verify',
  'watch',
  'why',
];
