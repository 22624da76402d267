/**
 * All global names except Vue's marks for its own tools: anything a library adds is shared by all later
 * requests of a server.
 */
export function globalNames(): PropertyKey[] {
  return Reflect.ownKeys(globalThis).filter((name) => !String(name).startsWith('__VUE'))
}
