// @ts-check
const WARM_UP = 20_000
const CHUNK = 1_000
// Excludes interrupts, garbage collections and other processes, as dudect does (Reparaz, Balasch,
// Verbauwhede 2017).
const KEPT = 0.9

/**
 * Welch's t between the times of two classes of inputs, measured in random order. `make(isFirst)` creates a
 * fresh input outside the measurement; `run` consumes it. Times beyond a percentile of both classes together
 * are excluded. Beyond 4.5 either way, time reveals the class.
 */
export function compareClasses({ make, run, samples }) {
  const times = [new Float64Array(samples), new Float64Array(samples)]
  const counts = [0, 0]
  let accepted = 0
  for (let taken = -WARM_UP; taken < samples; taken += CHUNK) {
    const inputs = Array.from({ length: CHUNK }, () => {
      const isFirst = Math.random() < 0.5
      return { place: isFirst ? 0 : 1, input: make(isFirst) }
    })
    for (const { place, input } of inputs) {
      const began = process.hrtime.bigint()
      const verdict = run(input)
      const ended = process.hrtime.bigint()
      // Used, so that no optimizer removes the call.
      if (verdict) accepted++
      if (taken >= 0) times[place][counts[place]++] = Number(ended - began)
    }
  }
  const [first, second] = times.map((all, place) => all.subarray(0, counts[place]))
  const limit = Float64Array.from([...first, ...second]).sort()[Math.floor(samples * KEPT)]
  const [a, b] = [first, second].map((all) => describe(all.filter((time) => time <= limit)))
  return {
    t: (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count),
    nanoseconds: a.mean - b.mean,
    mean: b.mean,
    accepted,
  }
}

function describe(times) {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  return {
    count: times.length,
    mean,
    variance: times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (times.length - 1),
  }
}
