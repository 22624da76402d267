// Loaded before the collector's own process (node --import): its clock is ahead by CLOCK_AHEAD_MS.
const now = Date.now
const ahead = Number(process.env.CLOCK_AHEAD_MS)
globalThis.Date = class extends Date {
  constructor(...parts) {
    if (parts.length > 0) super(...parts)
    else super(now() + ahead)
  }

  static now() {
    return now() + ahead
  }
}
