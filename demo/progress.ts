import cliProgress from 'cli-progress';
import type { SessionDisk } from '../model/session.ts';
import { bytes } from './format.ts';

/** Shows how a session gets on: bars on a terminal, a plain line per quarter elsewhere. */
export interface ProgressView {
  update(disks: SessionDisk[]): void;
  end(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? bars(stream) : lines(stream);
}

/** Bytes of work, and the share of it that is done (0 to 1). Until the worker has looked, the disk's size stands for the work. */
function figures({ state, total, done, size }: SessionDisk): { work: string; share: number } {
  const known = total ?? size;
  return { work: bytes(known), share: state === 'done' ? 1 : (done ?? 0) / Math.max(known, 1) };
}

function bars(stream: NodeJS.WriteStream): ProgressView {
  const all = new cliProgress.MultiBar(
    { stream, hideCursor: true, clearOnComplete: false, format: '  {disk} |{bar}| {percentage}% of {work}  {state}' },
    cliProgress.Presets.shades_classic,
  );
  const byKey = new Map<string, cliProgress.SingleBar>();
  return {
    update(disks) {
      for (const disk of disks) {
        let bar = byKey.get(disk.key);
        if (!bar) byKey.set(disk.key, (bar = all.create(1, 0)));
        const { work, share } = figures(disk);
        bar.update(share, { disk: disk.key.padEnd(5), work, state: disk.state });
      }
    },
    end: () => all.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): ProgressView {
  const said = new Map<string, string>();
  return {
    update(disks) {
      for (const disk of disks) {
        const { work, share } = figures(disk);
        const line = `${disk.state} ${Math.floor(share * 4) * 25}%`;
        if (said.get(disk.key) === line) continue;
        said.set(disk.key, line);
        stream.write(`  ${disk.key.padEnd(5)} ${line} of ${work}\n`);
      }
    },
    end() {},
  };
}
