import { describeFuzz } from './fuzz.ts';

describeFuzz({ seed: 2, inProcess: 10_000, processes: 100 });
