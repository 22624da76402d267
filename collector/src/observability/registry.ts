type Labels = Record<string, string>

/** A counter with fixed label values. */
export interface Cell {
  /** Adds `amount` to the counter. @default 1 */
  add(amount?: number): void
}

interface Counter {
  /**
   * Returns the counter with these labels, whose order matters. The counter is exposed from then on, starting
   * at 0.
   */
  with(labels?: Labels): Cell
}

interface Histogram {
  observe(value: number): void
}

interface MetricOptions {
  name: string
  help: string
  /** Labels of the metric. They must differ between metrics of the same name. */
  labels?: Labels
}

interface HistogramOptions extends MetricOptions {
  /** Upper bounds of the buckets in ascending order. */
  buckets: readonly number[]
}

interface ReadOptions extends MetricOptions {
  /** Returns the current value. Called on every scrape. */
  read: () => number
}

/** A registry of Prometheus metrics. */
export interface Registry {
  counter(name: string, help: string): Counter
  /** Adds a counter whose value is computed by `read` on every scrape. */
  readCounter(options: ReadOptions): void
  gauge(options: ReadOptions): void
  histogram(options: HistogramOptions): Histogram
  /** Returns all metrics in the Prometheus text exposition format, version 0.0.4. */
  expose(): string
}

interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  samples: (() => string[])[]
}

/**
 * Creates a registry. Label values and help texts may contain any text, but metric names are not validated.
 */
export function createRegistry(): Registry {
  const families = new Map<string, Family>()

  function addSample(family: Omit<Family, 'samples'>, sample: () => string[]): void {
    const known = families.get(family.name)
    if (known) known.samples.push(sample)
    else families.set(family.name, { ...family, samples: [sample] })
  }

  const addRead =
    (type: 'counter' | 'gauge') =>
    ({ name, help, labels = {}, read }: ReadOptions) =>
      addSample({ name, help, type }, () => [`${name}${formatLabels(labels)} ${read()}`])

  return {
    readCounter: addRead('counter'),
    gauge: addRead('gauge'),

    counter(name, help) {
      const cells = new Map<string, { value: number }>()
      addSample({ name, help, type: 'counter' }, () =>
        [...cells].map(([labels, { value }]) => `${name}${labels} ${value}`),
      )
      return {
        with(labels = {}) {
          const key = formatLabels(labels)
          const cell = cells.get(key) ?? { value: 0 }
          cells.set(key, cell)
          return { add: (amount = 1) => void (cell.value += amount) }
        },
      }
    },

    histogram({ name, help, labels = {}, buckets }) {
      const counts = buckets.map(() => 0)
      let [count, sum] = [0, 0]
      addSample({ name, help, type: 'histogram' }, () => {
        let below = 0
        const bounded = buckets.map(
          (bound, i) =>
            `${name}_bucket${formatLabels({ ...labels, le: String(bound) })} ${(below += counts[i]!)}`,
        )
        const suffix = formatLabels(labels)
        return [
          ...bounded,
          `${name}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${count}`,
          `${name}_sum${suffix} ${sum}`,
          `${name}_count${suffix} ${count}`,
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
