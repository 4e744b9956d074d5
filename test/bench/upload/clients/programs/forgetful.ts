import type { UploadMemory } from '@geosluice/jobs';

/** Keeps what a resume would need as long as the process lives. */
export function forgetful(): UploadMemory {
  const remembered = new Map<string, string>();
  return {
    recall: async (id) => remembered.get(id) ?? null,
    remember: async (id, text) => void remembered.set(id, text),
    forget: async (id) => void remembered.delete(id),
  };
}
