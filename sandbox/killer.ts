import type { Apps } from './apps.ts';
import type { ArmWorld } from './arm/types.ts';
import type { Machines } from './compute/index.ts';

interface Parts {
  world: ArmWorld;
  machines: Machines;
  apps: Apps;
}

/** Kills the processes of callers for scripted faults. The parts that have them come after the script. */
export function createKiller() {
  let parts: Parts | undefined;
  return {
    use(given: Parts) {
      parts = given;
    },
    /**
     * @param victim `functions:<site>`: its host dies and is started again, as App Service does; `vm:<VM id>` or
     *   `vm:<resource id>`: the machine loses its power and boots again
     * @throws when there is no such process
     */
    async kill(victim: string): Promise<void> {
      const [kind, ...rest] = victim.split(':');
      const name = rest.join(':');
      if (parts && kind === 'functions') {
        const crashed = parts.apps.crash(name);
        if (crashed) return crashed;
      }
      const machine = parts && kind === 'vm' ? running(parts, name) : undefined;
      if (!parts || !machine) throw new Error(`There is no process of ${victim} to kill.`);
      const { vmId, resourceId } = machine;
      await parts.machines.stop(vmId);
      await parts.machines.boot({ vmId, resourceId });
    },
  };
}

function running({ world, machines }: Parts, name: string) {
  if (!name.startsWith('/')) return machines.running(name);
  const vmId = world.store.get(name)?.properties?.vmId;
  return typeof vmId === 'string' ? machines.running(vmId) : undefined;
}
