/** The names of everything global, but Vue's marks for its own tools: what a library adds, every later request of a server has. */
export function globalNames(): PropertyKey[] {
  return Reflect.ownKeys(globalThis).filter((name) => !String(name).startsWith('__VUE'))
}
