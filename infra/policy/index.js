// Pulumi loads policy packs with require and compiles TypeScript that is loaded so with a compiler of its own; what is
// imported from here is run by Node itself.
import './pack.ts';
