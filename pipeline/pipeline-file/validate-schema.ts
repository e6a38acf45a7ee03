/** The JSON Schema as a function, compiled ahead where it can be. */

import { Ajv, type ValidateFunction } from 'ajv';
import schema from './pipeline.schema.json' with { type: 'json' };
import options from './schema-options.json' with { type: 'json' };

/**
 * Whether a value has the form of a `pipeline.yaml`; its `errors` then say why not.
 *
 * `bin/build-program.js` compiles the schema ahead and puts the function that comes out in the place of
 * this module: compiling takes longer than most commands.
 */
export const validateSchema: ValidateFunction = new Ajv(options).compile(schema);
