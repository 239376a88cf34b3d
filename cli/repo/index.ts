import { Command } from 'commander';
import { EXIT_CODES } from '../io/exitCodes.ts';
import type { Io } from '../io/io.ts';
import { backupCommand } from './backup.ts';
import { initCommand } from './init.ts';
import { keyCommand } from './key.ts';
import { pointsCommand } from './points.ts';
import { pruneCommand } from './prune.ts';
import { restoreCommand } from './restore.ts';
import { serveCommand } from './serve.ts';
import { showCommand } from './show.ts';
import { statsCommand } from './stats.ts';
import { verifyCommand } from './verify.ts';

/** `strongroom repo`: what needs a repository and its key only. */
export const repoCommand = (io: Io): Command =>
  new Command('repo')
    .description('work on a repository: a folder, or a container of Blob Storage')
    .addHelpText('after', `\n${EXIT_CODES}`)
    .addCommand(initCommand(io))
    .addCommand(backupCommand(io))
    .addCommand(pointsCommand(io))
    .addCommand(showCommand(io))
    .addCommand(restoreCommand(io))
    .addCommand(serveCommand(io))
    .addCommand(verifyCommand(io))
    .addCommand(pruneCommand(io))
    .addCommand(statsCommand(io))
    .addCommand(keyCommand(io));
