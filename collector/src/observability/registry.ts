type Labels = Record<string, string>

/** One number of a counter; it only grows. */
export interface Cell {
  /** @default 1 */
  add(amount?: number): void
}

interface Counter {
  /** The number with these labels; the same one for the same labels in the same order. It is shown from now on, 0 at first. */
  with(labels?: Labels): Cell
}

/** Sorts values into buckets of fixed upper bounds. */
interface Histogram {
  observe(value: number): void
}

interface MetricOptions {
  name: string
  help: string
  /** Several metrics of one name need different ones. */
  labels?: Labels
}

interface HistogramOptions extends MetricOptions {
  /** Upper bounds, ascending. */
  buckets: readonly number[]
}

interface ReadOptions extends MetricOptions {
  /** Called when the metrics are asked for. */
  read: () => number
}

/** What the collector counts of itself, as Prometheus reads it. */
export interface Registry {
  counter(name: string, help: string): Counter
  /** A counter that is kept elsewhere. */
  readCounter(options: ReadOptions): void
  gauge(options: ReadOptions): void
  histogram(options: HistogramOptions): Histogram
  /** The text exposition format 0.0.4. */
  expose(): string
}

interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  samples: (() => string[])[]
}

/** A registry of metrics. Names must be valid ones; label values and help texts may hold anything. */
export function createRegistry(): Registry {
  const families = new Map<string, Family>()

  function join(family: Omit<Family, 'samples'>, sample: () => string[]): void {
    const known = families.get(family.name)
    if (known) known.samples.push(sample)
    else families.set(family.name, { ...family, samples: [sample] })
  }

  const addRead =
    (type: 'counter' | 'gauge') =>
    ({ name, help, labels = {}, read }: ReadOptions) =>
      join({ name, help, type }, () => [`${name}${formatLabels(labels)} ${read()}`])

  return {
    readCounter: addRead('counter'),
    gauge: addRead('gauge'),

    counter(name, help) {
      const numbers = new Map<string, { value: number }>()
      join({ name, help, type: 'counter' }, () =>
        [...numbers].map(([labels, { value }]) => `${name}${labels} ${value}`),
      )
      return {
        with(labels = {}) {
          const key = formatLabels(labels)
          const number = numbers.get(key) ?? { value: 0 }
          numbers.set(key, number)
          return { add: (amount = 1) => void (number.value += amount) }
        },
      }
    },

    histogram({ name, help, labels = {}, buckets }) {
      const counts = buckets.map(() => 0)
      let [count, sum] = [0, 0]
      join({ name, help, type: 'histogram' }, () => {
        let below = 0
        const bounded = buckets.map(
          (bound, i) =>
            `${name}_bucket${formatLabels({ ...labels, le: String(bound) })} ${(below += counts[i]!)}`,
        )
        const own = formatLabels(labels)
        return [
          ...bounded,
          `${name}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${count}`,
          `${name}_sum${own} ${sum}`,
          `${name}_count${own} ${count}`,
        ]
      })
      return {
        observe(value) {
          count++
          sum += value
          const index = buckets.findIndex((bound) => value <= bound)
          if (index >= 0) counts[index]!++
        },
      }
    },

    expose() {
      const blocks = [...families.values()].map(({ name, help, type, samples }) => [
        `# HELP ${name} ${escapeText(help)}`,
        `# TYPE ${name} ${type}`,
        ...samples.flatMap((sample) => sample()),
      ])
      return blocks.map((lines) => lines.join('\n') + '\n').join('')
    },
  }
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${escapeText(value).replaceAll('"', '\\"')}"`,
  )
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
