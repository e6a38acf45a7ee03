import { describePythonEdits } from './edits.ts';

describePythonEdits(12, 14);
