import type { Container } from './types.ts';

/** What stands for an image on this machine. The host's own files lie under it, read from an overlay. */
export interface LocalImage {
  /** What it is in truth, where its entrypoint does not say so: for those who read the printed table. */
  is?: string;
  /** Replaced by a container's `command`, as an image's entrypoint is. */
  entrypoint: readonly string[];
  /** Replaced by a container's `args`, or dropped where it has a `command`. */
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Files and folders of the host that lie in the image: path in the container → path on the host. Never written to. */
  files?: Readonly<Record<string, string>>;
  /** Files and folders of the host that the processes want to find where they are, e.g. a virtual environment. */
  visible?: readonly string[];
  /** Root where absent. */
  user?: number;
  group?: number;
  workingDir?: string;
}

/** The table image → local process; null where it has no such image. */
export type ImageTable = (image: string, container: Container) => LocalImage | null | Promise<LocalImage | null>;

/** A container's command line, as Kubernetes puts it together. */
export function commandLine(container: Container, image: LocalImage): string[] {
  if (container.command !== undefined && container.command.length > 0) {
    return [...container.command, ...(container.args ?? [])];
  }
  return [...image.entrypoint, ...(container.args ?? image.args ?? [])];
}
