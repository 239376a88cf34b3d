/** Below this, bytes may be a part of memory that others use too. */
const OWN_BYTES = 64 * 1024;

/**
 * Gives memory back at once that nobody uses any more. The garbage collector comes too late for what is read and decrypted at
 * full speed: it would be 100 MiB and more for each thread.
 */
export function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > OWN_BYTES && !buffer.detached) buffer.transfer(0);
}
