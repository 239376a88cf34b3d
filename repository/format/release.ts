/**
 * Gives back at once the memory of bytes that nobody needs any more, if it is all theirs. Results of ciphers and compression
 * come in fresh memory outside the heap; the collector would let tens of megabytes of it gather in each thread.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
