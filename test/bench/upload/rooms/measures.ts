import { measureMemory } from './memory.ts';
import { measureProfile } from './profile.ts';
import type { RoomName, RoomOptions, RoomResult } from './room.ts';
import { measureStage } from './stage.ts';
import { measureWorkers } from './workers.ts';

export const MEASURES: Record<RoomName, (options: RoomOptions) => Promise<RoomResult>> = {
  stage: measureStage,
  memory: measureMemory,
  workers: measureWorkers,
  profile: measureProfile,
};
