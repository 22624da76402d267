interface BatchLoaderOptions<Value> {
  /** Loads the values of several keys. Keys without a value are missing from the result. */
  load: (keys: string[]) => Promise<Map<string, Value>>
  /** Minimum time between the starts of two loads, in milliseconds. */
  pauseMs: number
}

/** Resolves to the value of a key, or to undefined if it has none. Rejects if the load of its batch fails. */
export type LoadValue<Value> = (key: string) => Promise<Value | undefined>

interface Batch<Value> {
  keys: Set<string>
  values: Promise<Map<string, Value>>
}

/**
 * Creates a function that loads values in batches: all calls during a pause are answered by the next load, so that the
 * cost of loading does not grow with the number of keys that are asked for. After a pause, a call does not wait.
 * @example const visitorsOf = createBatchLoader({ load: (siteIds) => store.countVisitors(siteIds), pauseMs: 200 })
 */
export function createBatchLoader<Value>({ load, pauseMs }: BatchLoaderOptions<Value>): LoadValue<Value> {
  let batch: Batch<Value> | undefined
  let pause = Promise.resolve()

  function startBatch(): Batch<Value> {
    const keys = new Set<string>()
    const values = pause.then(() => {
      batch = undefined
      pause = new Promise((resolve) => setTimeout(resolve, pauseMs))
      return load([...keys])
    })
    return { keys, values }
  }

  return async (key) => {
    batch ??= startBatch()
    batch.keys.add(key)
    return (await batch.values).get(key)
  }
}
