/** A string in localStorage. */
export interface StoredValue {
  read(): string | undefined
  write(value: string | undefined): void
}

/** Stores a string in localStorage; where that is blocked, in memory until the page is left. */
export function createStoredValue(name: string): StoredValue {
  let memory: string | undefined
  return {
    read() {
      try {
        return localStorage.getItem(name) ?? memory
      } catch {
        return memory
      }
    },
    write(value) {
      memory = value
      try {
        if (value === undefined) localStorage.removeItem(name)
        else localStorage.setItem(name, value)
      } catch {
        // Blocked or full: the value stays in memory.
      }
    },
  }
}
