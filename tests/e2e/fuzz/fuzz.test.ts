import { describeFuzz } from './fuzz.ts';

describeFuzz({ seed: 1, inProcess: 300, processes: 4 });
