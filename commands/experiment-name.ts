/** Names of experiments and of their configs: `AlexNetSmall_0.0_none`, `MLP1_1.0_none_wd_s43`. */

import { CORRUPTIONS } from '../experiment/corruption/randomization-tests.ts';
import { fail } from '../experiment/data/failure.ts';
import { fullModelName, MODEL_NAMES } from '../experiment/models/registry.ts';

/** What an experiment's name says. */
export interface ExperimentName {
  /** The model's full name. */
  readonly model: string;
  readonly p: number;
  readonly corruption: string;
  /** With weight decay. */
  readonly decay: boolean;
  /** On random crops. */
  readonly crop: boolean;
  readonly seed: number;
}

/** Where a config stands. */
export interface ConfigPlace extends ExperimentName {
  /** `AlexNetSmall_0.0_none`, with the model's full name. */
  readonly name: string;
  readonly profile: string;
}

/**
 * Reads `experiments/<profile>/<model>/<name>.yaml`, or `experiments/<model>/<name>.yaml` for the
 * profile `paper`. Short names of models are understood. Fails, saying what was expected.
 *
 * @param path from the workspace, with `/`
 */
export function parseConfigPath(path: string): ConfigPlace {
  const match = /^experiments\/(?:([^/]+)\/)?([^/]+)\/([^/]+)\.ya?ml$/.exec(path);
  const [, profile = 'paper', folder = '', base = ''] = match ?? [];
  if (match === null) {
    return fail(
      `${path} is not the place of a config; expected experiments/<profile>/<model>/<name>.yaml, ` +
        'or experiments/<model>/<name>.yaml for the profile paper',
    );
  }
  const experiment = parseExperimentName(base);
  if (fullModelName(folder) !== experiment.model) {
    fail(`${path} is in the folder of ${folder}, but its name says ${experiment.model}`);
  }
  return { ...experiment, name: formatExperimentName(experiment), profile };
}

/** The seed that names do not mention. */
const USUAL_SEED = 42;

/** The name as pipeline.yaml makes it. */
export function formatExperimentName(experiment: ExperimentName): string {
  const { model, p, corruption, decay, crop, seed } = experiment;
  const switches = `${decay ? '_wd' : ''}${crop ? '_crop' : ''}`;
  const replicate = seed === USUAL_SEED ? '' : `_s${seed}`;
  return `${model}_${formatLevel(p)}_${corruption}${switches}${replicate}`;
}

/** `0.0`, `0.3`, `0.25`: one decimal, or as many as the probability has. */
function formatLevel(p: number): string {
  return Number.isInteger(p) ? p.toFixed(1) : String(p);
}

/** Reads `<model>_<p>_<corruption>[_wd][_crop][_s<seed>]`. Fails, saying what was expected. */
export function parseExperimentName(name: string): ExperimentName {
  const match = /^([A-Za-z0-9]+)_([01]\.\d+)_([a-z_]+?)(_wd)?(_crop)?(?:_s(\d{1,9}))?$/.exec(name);
  const [, model = '', p = '', corruption = '', decay, crop, seed = USUAL_SEED] = match ?? [];
  const known = CORRUPTIONS.find((one) => one === corruption);
  if (match === null || known === undefined || Number(p) > 1) {
    return fail(
      `"${name}" is not the name of an experiment; expected <model>_<p>_<corruption> with p from ` +
        `0.0 to 1.0 and a corruption of ${CORRUPTIONS.join(', ')}, such as AlexNetSmall_0.0_none, ` +
        'and behind it, where they apply, _wd, _crop and _s<seed> in this order',
    );
  }
  const fullName = fullModelName(model);
  if (!MODEL_NAMES.includes(fullName)) {
    return fail(`there is no model "${model}"; the known models are ${MODEL_NAMES.join(', ')}`);
  }
  if (known !== 'none' && Number(p) !== 0) {
    return fail(`"${name}" corrupts labels and images at once; expected p = 0.0 with ${known}`);
  }
  if (known !== 'none' && crop !== undefined) {
    return fail(`"${name}" crops images that ${known} has cut already; expected _crop with none`);
  }
  return {
    model: fullName,
    p: Number(p),
    corruption: known,
    decay: decay !== undefined,
    crop: crop !== undefined,
    seed: Number(seed),
  };
}
