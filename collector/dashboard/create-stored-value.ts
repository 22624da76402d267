/** A text that this browser keeps under a name. */
export interface StoredValue {
  read(): string | undefined
  write(value: string | undefined): void
}

/** Keeps a text in localStorage; where that is blocked, until the page is left. */
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
        // Blocked or full: the value in memory serves.
      }
    },
  }
}
