/** Of the machines that this runs on; also what disks are written in at least. */
export const PAGE_BYTES = 4096;

/** Memory that threads share and that begins at a page, as direct writes need it: what could grow is given in whole pages. */
export const pagedMemory = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes, { maxByteLength: bytes });

/** Whether bytes begin at a page of {@link pagedMemory}. */
export const startsPage = ({ buffer, byteOffset }: Uint8Array): boolean =>
  buffer instanceof SharedArrayBuffer && buffer.growable && byteOffset % PAGE_BYTES === 0;
