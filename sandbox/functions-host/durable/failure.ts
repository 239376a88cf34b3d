const COR_E_EXCEPTION = -2146233088;

/**
 * The texts of a failed activity as the extension makes them: the SDK shows them as `Reason \n Details`. Details is
 * the JSON of a .NET exception around the worker's.
 */
export function activityFailure(name: string, error: unknown): { Reason: string; Details: string } {
  const message = error instanceof Error ? error.message : String(error);
  const stack = (error instanceof Error && error.stack) || '';
  const details = {
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script.Grpc',
      IsUserException: false,
      RemoteStackTrace: stack,
      RemoteMessage: message,
      Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'System.Private.CoreLib',
      HResult: COR_E_EXCEPTION,
      StackTrace: null,
    },
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: COR_E_EXCEPTION,
    Source: null,
    WatsonBuckets: null,
  };
  return { Reason: `Activity function '${name}' failed: ${message}`, Details: JSON.stringify(details) };
}
