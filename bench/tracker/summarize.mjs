// @ts-check
import { FETCH, OURS } from './create-subjects.mjs'

/** Medians of all rounds, as ratios, because microseconds of this machine do not apply to another. */
export function summarize(subjects, rounds) {
  const medians = new Map(
    subjects.map(({ name }) => [
      name,
      { script: median(rounds, name, 'script'), tasks: median(rounds, name, 'tasks') },
    ]),
  )
  const [floor, ours] = [medians.get(FETCH), medians.get(OURS)]
  return subjects.map(({ name, bytes, note }) => {
    const { script, tasks } = medians.get(name)
    return {
      name,
      script: script / floor.script,
      scriptToOurs: script / ours.script,
      tasks: tasks / floor.tasks,
      requests: rounds.at(-1).get(name).log.length,
      log: rounds.at(-1).get(name).log,
      bytes,
      note,
    }
  })
}

function median(rounds, name, field) {
  const sorted = rounds.map((round) => round.get(name)[field]).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
