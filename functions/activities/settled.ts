/** Waits for all, so that one that fails keeps none of the others. @throws what the first of the failed ones did */
export async function allSettled(tasks: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
