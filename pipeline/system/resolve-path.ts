import { join } from 'node:path';

/**
 * A normalised path of the graph as one of the file system. The ordinary ones are put together as
 * they are: `join` takes longer than looking at the file.
 */
export function resolveIn(workspace: string, path: string): string {
  const first = path[0];
  return first === '.' || first === '/' ? join(workspace, path) : `${workspace}/${path}`;
}
