/** A misuse that Azure does not tell: what goes wrong there, and what to do instead. */
export interface Finding {
  /** Its name in the log. */
  trap: string;
  message: string;
  /** Whether a strict host fails the instance; otherwise it is only written to the log. */
  isFatal: boolean;
}

const fatal = (trap: string, message: string): Finding => ({ trap, message, isFatal: true });
const report = (trap: string, message: string): Finding => ({ trap, message, isFatal: false });

/** The misuses that the host knows, by what it notices. `task` names what the orchestrator asked for. */
export const traps = {
  reyielded: (task: string) =>
    fatal(
      're-yielded task',
      `${task} was yielded before and is now in another Task.any or Task.all: Azure runs it a second time, its result ` +
        'may reach another task, and a Task.all of completed tasks never completes. Give each Task.any and Task.all ' +
        'new tasks only (one sub-orchestration per slot, or fixed batches).',
    ),
  missing: (text: string) =>
    fatal('missing function', `${text} In Azure the caller waits for ever. Call functions that the app registers.`),
  noMessage: () =>
    fatal(
      'error without a message',
      'The orchestrator function threw something without a message: in Azure the instance then waits for ever. Throw ' +
        'an Error with a message.',
    ),
  textAsInput: () =>
    fatal(
      'continueAsNew with a string',
      'continueAsNew got a string: the next generation gets it as JSON text, in quotes. Pass an object.',
    ),
  timestampInInput: (path: string) =>
    fatal(
      'Timestamp in an input',
      `The input has a string under "${path}": durable-functions turns each key "Timestamp" into a Date. Use another ` +
        'key.',
    ),
  eventNameCase: (raised: string, awaited: string) =>
    fatal(
      'case of an event name',
      `The event "${raised}" was raised while "${awaited}" is waited for: the extension takes them for the same, the ` +
        'SDK does not, and both lose count. Write the name in one way.',
    ),
  instanceId: (id: string, why: string) =>
    fatal(
      'instance id of a sub-orchestration',
      `"${id}" cannot be a sub-orchestration's id: ${why} In Azure the caller waits for ever. Leave the id out, or ` +
        'make another.',
    ),
  pollWithoutLocation: (uri: string) =>
    fatal(
      '202 without a Location',
      `${uri} answered 202 without an absolute Location: the extension waits and then gives up, the SDK does not, and ` +
        'both lose count. Set enablePolling to false.',
    ),
  retryAfter: (value: string) =>
    fatal(
      'Retry-After that is no number',
      `"${value}" is no number of seconds: the extension gives up, the SDK polls on and waits for ever. Set ` +
        'enablePolling to false.',
    ),
  retryTimeout: () =>
    fatal(
      'retry timeout',
      'A call failed after its retryTimeoutInMilliseconds: the extension gives up, the SDK still waits for the next ' +
        'attempt, for ever. Limit maxNumberOfAttempts instead.',
    ),
  stuck: () =>
    fatal(
      'waits for nothing',
      'Nothing that the orchestrator function asked for is open, and it has not ended: in Azure the instance waits for ' +
        'ever.',
    ),
  openAtTheEnd: (open: number) =>
    report(
      'open tasks at the end',
      `The orchestrator function has ended, and ${open} task(s) are open: the instance stays Running until they end. ` +
        'Cancel timers, and await what was started.',
    ),
  lockKept: (entities: string[]) =>
    report(
      'lock not released',
      `The orchestration ends without releasing ${entities.join(', ')}: locked for ever. Release locks in a finally.`,
    ),
  errorObject: (operation: string) =>
    report(
      'entity that throws an object',
      `Operation '${operation}' threw an object: its callers see "[object Object]" only. Throw a string.`,
    ),
  terminatedChild: (id: string) =>
    report(
      'terminated sub-orchestration',
      `${id} was terminated: its parent now fails, even inside try and catch. Terminate the parent, or let the child ` +
        'end by an event.',
    ),
  large: (what: string, bytes: number) =>
    report(
      'large value',
      `${what} has ${Math.round(bytes / 1024)} KiB: it is read again at each turn. Keep it elsewhere and pass a ` +
        'reference.',
    ),
};
