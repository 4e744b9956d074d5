import { measureMemory } from './memory.ts';
import { ROOMS, type RoomName, type RoomOptions, type RoomResult } from './room.ts';
import { measureStage } from './stage.ts';
import { measureWorkers } from './workers.ts';

const MEASURES: Record<RoomName, (options: RoomOptions) => Promise<RoomResult>> = {
  stage: measureStage,
  memory: measureMemory,
  workers: measureWorkers,
};

export async function measureRooms(options: RoomOptions): Promise<RoomResult[]> {
  const rooms: RoomResult[] = [];
  for (const room of ROOMS) {
    options.signal.throwIfAborted();
    rooms.push(await MEASURES[room](options));
  }
  return rooms;
}
