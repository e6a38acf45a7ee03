import { describePythonEdits } from './edits.ts';

describePythonEdits(1, 7);
