/**
 * The results at the paper's scale, docs/paper-scale.
 *
 *   node --import tsx bench/paper-scale.ts collect WORKSPACE --profile paper --set … [-- --profile paper --set …]
 *       fills it from the results that stand in a workspace; settings are those of the run that drew its figures, then
 *       those of a run with more trainings
 *   node --import tsx bench/paper-scale.ts add WORKSPACE --profile paper --set …
 *       adds trainings and evaluations of another workspace that it lacks; its figures stay as they are
 *   node --import tsx bench/paper-scale.ts verify
 *       traces its figures, makes tables and verdicts again, and compares by value; 1 where something differs
 */

import { fail } from '../experiment/data/failure.ts';
import { runMain } from './options.ts';
import { addResults, collect } from './paper-scale/collect.ts';
import { verifyFolder } from './paper-scale/verify.ts';

const FOLDER = 'docs/paper-scale';

await runMain(async () => {
  const [action, workspace, ...settings] = process.argv.slice(2);
  if (action === 'collect' && workspace !== undefined) {
    const end = settings.includes('--') ? settings.indexOf('--') : settings.length;
    await collect(FOLDER, workspace, settings.slice(0, end), settings.slice(end + 1));
    return 0;
  }
  if (action === 'add' && workspace !== undefined) {
    await addResults(FOLDER, workspace, settings);
    return 0;
  }
  if (action !== 'verify') return fail('expected collect or add WORKSPACE [--set …], or verify');
  const faults = await verifyFolder(FOLDER, 'claims.yaml');
  console.log(faults.length === 0 ? `${FOLDER}: all agrees` : faults.join('\n'));
  return faults.length === 0 ? 0 : 1;
});
