/** The stage `architecture`: writes the layers of one model, as wide as its trainings want it. */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';
import { formatArchitecture } from '../../experiment/models/architecture-file.ts';
import { findModel } from '../../experiment/models/registry.ts';
import { outputPath } from '../../experiment/training/job-files.ts';

const WIDTHS = { exclusiveMinimum: 0, maximum: 4 };

const validate = compileSchema<{
  readonly model: string;
  readonly training: { readonly width: number; readonly net_width: number | null };
}>({
  type: 'object',
  properties: {
    model: { type: 'string', minLength: 1 },
    training: {
      type: 'object',
      properties: {
        width: { type: 'number', ...WIDTHS },
        net_width: { type: ['number', 'null'], ...WIDTHS },
      },
      required: ['width', 'net_width'],
    },
  },
  required: ['model', 'training'],
});

/**
 * Runs the stage. Reads the axis `model` and the parameters `training.width` and, for Net,
 * `training.net_width`; writes `architecture`.
 *
 * @throws StageFailure where parameters, inputs or outputs are not as the stage needs them
 */
export async function run(context: StageContext): Promise<void> {
  const given = { ...context.params, ...context.cell };
  if (!validate(given)) return fail(`${context.node} cannot run so:\n${formatErrors(validate)}`);
  const { width, net_width: ofNet } = given.training;
  const model = findModel(given.model, {
    width: given.model === 'Net' && ofNet !== null ? ofNet : width,
  });
  await writeFile(outputPath(context, 'architecture'), formatArchitecture(model));
  const { parameterCount: parameters, layers } = model;
  context.emit({ type: 'summary', values: { layers: layers.length, parameters } });
}
