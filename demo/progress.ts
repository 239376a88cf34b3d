import cliProgress from 'cli-progress';
import { bytes } from './format.ts';

/** Live progress of one disk, as the API reports it. */
export interface DiskProgress {
  key: string;
  phase: string;
  total: number;
  done: number;
}

/** Shows how a session gets on: bars on a terminal, a plain line per quarter elsewhere. */
export interface ProgressView {
  update(disks: DiskProgress[]): void;
  end(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WriteStream): ProgressView {
  const all = new cliProgress.MultiBar(
    { stream, hideCursor: true, clearOnComplete: false, format: '  {disk} |{bar}| {percentage}% of {size}  {phase}' },
    cliProgress.Presets.shades_classic,
  );
  const byKey = new Map<string, cliProgress.SingleBar>();
  return {
    update(disks) {
      for (const disk of disks) {
        let bar = byKey.get(disk.key);
        if (!bar) byKey.set(disk.key, (bar = all.create(1, 0)));
        bar.setTotal(Math.max(disk.total, 1));
        bar.update(disk.phase === 'done' ? Math.max(disk.total, 1) : disk.done, {
          disk: disk.key.padEnd(5),
          size: bytes(disk.total),
          phase: disk.phase,
        });
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
        const quarter = disk.total > 0 ? Math.floor((disk.done * 4) / disk.total) * 25 : 0;
        const line = `${disk.phase} ${quarter}%`;
        if (said.get(disk.key) === line) continue;
        said.set(disk.key, line);
        stream.write(`  ${disk.key.padEnd(5)} ${line} of ${bytes(disk.total)}\n`);
      }
    },
    end() {},
  };
}
