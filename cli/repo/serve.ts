import type { Command } from 'commander';
import { once } from 'node:events';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import { list } from '../io/table.ts';
import { humanBytes } from '../io/units.ts';
import { open } from './access.ts';
import { findDisk } from './findDisk.ts';
import { findPoint } from './findPoints.ts';
import { diskOption, latestOption, pointArgument, repositoryCommand, wholeNumber } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { pointTitle } from './pointView.ts';

interface Options extends RepositoryOptions {
  source?: string;
  disk?: string;
  port: number;
  host: string;
  socket?: string;
}

export const serveCommand = (io: Io): Command =>
  repositoryCommand(
    'serve',
    'let qemu-img, nbdcopy, nbd-client and others read the disks of a restore point over NBD, until Ctrl-C',
  )
    .addArgument(pointArgument)
    .addOption(latestOption)
    .addOption(diskOption)
    .option('--port <port>', 'TCP port; 0: any that is free', wholeNumber(0, 65_535), 10_809)
    .option('--host <address>', 'who may reach this address may read the disks', '127.0.0.1')
    .option('--socket <path>', 'a Unix socket instead')
    .action((point: string, options: Options) => serve(io, point, options));

/** Ends when it is interrupted: for a server that is its proper end. */
async function serve(io: Io, name: string, options: Options): Promise<void> {
  const { port, host, socket } = options;
  const output = createOutput(io, options);
  const repository = await open(options, io);
  const point = await findPoint(repository, name, options.source);
  const disks = options.disk === undefined ? point.disks : [findDisk(point, options.disk)];
  const { serveNbd } = await import('../../repository/index.ts');
  const server = await serveNbd(
    disks.map(({ key, image }) => ({
      name: key,
      description: `disk ${key} of ${pointTitle(point)}`,
      image: repository.image(image),
    })),
    { listen: socket ? { path: socket } : { host, port }, log: (line) => output.note(line) },
  );
  try {
    const exports = disks.map(({ key, size }) => ({ disk: key, size, uri: server.uri(key) }));
    const lines = list(exports.map(({ disk, size, uri }) => [disk, `${uri}  (${humanBytes(size)})`] as const));
    output.result(
      { type: 'serving', point: point.id, source: point.source.name, exports },
      `Serving ${pointTitle(point)}, read-only, until Ctrl-C:\n${lines}`,
    );
    if (!io.signal.aborted) await once(io.signal, 'abort');
  } finally {
    await server.close();
  }
}
