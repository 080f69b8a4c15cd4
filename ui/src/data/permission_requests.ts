/** What one may do with resources: asked for at the same moment, it is asked in one request. */
import type { OwnLevels, Resource } from "../api/types.gen";

type ResourceType = Resource["resource_type"];
type Level = OwnLevels["levels"][number]["permission"];
type Send = (resource_type: ResourceType, resource_ids: string[]) => Promise<OwnLevels>;

/** The server answers for so many at once. */
const MOST_AT_ONCE = 1_000;

interface Asked extends Resource {
  resolve: (level: Level) => void;
  reject: (error: unknown) => void;
}

/** What asks for one resource, and sends what was asked in one go, so that a list is one request. */
export function together(send: Send): (resource: Resource) => Promise<Level> {
  let waiting: Asked[] = [];
  const flush = () => {
    const asked = waiting;
    waiting = [];
    for (const type of new Set(asked.map(({ resource_type }) => resource_type))) {
      const ofType = asked.filter(({ resource_type }) => resource_type === type);
      for (let at = 0; at < ofType.length; at += MOST_AT_ONCE) {
        void deliver(ofType.slice(at, at + MOST_AT_ONCE), type, send);
      }
    }
  };
  return (resource) =>
    new Promise((resolve, reject) => {
      waiting.push({ ...resource, resolve, reject });
      if (waiting.length === 1) queueMicrotask(flush);
    });
}

/** What is not told of may not be read. */
async function deliver(asked: readonly Asked[], type: ResourceType, send: Send): Promise<void> {
  try {
    const ids = [...new Set(asked.map(({ resource_id }) => resource_id))];
    const found = new Map(
      (await send(type, ids)).levels.map(({ resource_id, permission }) => [
        resource_id,
        permission,
      ]),
    );
    for (const { resource_id, resolve } of asked) {
      resolve(found.get(resource_id) ?? "NO_PERMISSIONS");
    }
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
