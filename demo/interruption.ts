/** Ctrl-C and its relatives. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted by Ctrl-C, SIGTERM or the terminal's end, from this call on. The second time the process simply ends: its
 * children go with it, only its temporary folder stays until the next start.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    for (const name of SIGNALS) process.off(name, interrupt);
    controller.abort(new Error('Interrupted.'));
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return controller.signal;
}

/**
 * Ends the process as interrupted (130, as shells count it) when it was; passes any other error on.
 * @param kept the folder that keeps what there is; undefined: it is removed
 */
export function endedBy(signal: AbortSignal, kept?: string): (error: unknown) => never {
  return (error) => {
    if (!signal.aborted) throw error;
    console.error(`\nInterrupted: everything is ended${kept === undefined ? ' and removed' : `; ${kept} keeps it`}.`);
    process.exit(130);
  };
}
