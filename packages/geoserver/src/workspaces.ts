import { z } from 'zod';
import { createOrConfirm } from './create.ts';
import type { Http } from './http.ts';
import { get, json, paths, send } from './rest.ts';

const workspaceSchema = z.object({ workspace: z.object({}) });

/** Creates each workspace once and remembers those seen, so that a publish does not ask for it again. */
export interface Workspaces {
  ensure(workspace: string, signal: AbortSignal): Promise<void>;
  forget(workspace: string): void;
}

export function createWorkspaces(http: Http): Workspaces {
  const known = new Set<string>();
  return {
    async ensure(workspace, signal) {
      if (known.has(workspace)) return;
      const look = () => get(http, workspaceSchema, paths.workspace(workspace), { workspace, name: '*', signal });
      if ((await look()) === null) {
        await createOrConfirm({
          what: 'create the workspace',
          layer: `${workspace}:*`,
          create: () => send(http, 'POST', paths.workspaces, signal, json({ workspace: { name: workspace } })),
          look,
        });
      }
      known.add(workspace);
    },
    forget: (workspace) => {
      known.delete(workspace);
    },
  };
}
