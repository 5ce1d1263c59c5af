/** A number with its labels, as Prometheus reads it. */
export type Labels = Readonly<Record<string, string>>

/** Upper bounds in seconds: from what nobody feels to days in a queue. */
const bounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400,
  432_000,
]

/** How often something took how long: an array of numbers, whatever there is to count. */
export class Histogram {
  readonly #counts = [...bounds.map(() => 0), 0]
  #sum = 0

  observe(seconds: number): void {
    const took = Math.max(0, seconds)
    const at = bounds.findIndex((bound) => took <= bound)
    const index = at < 0 ? bounds.length : at
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += took
  }

  /** Its lines in the text format, version 0.0.4. */
  lines(name: string, help: string): readonly string[] {
    let total = 0
    const buckets = this.#counts.map((count, index) => {
      total += count
      const bound = bounds[index]
      return `${name}_bucket{le="${bound === undefined ? '+Inf' : String(bound)}"} ${total}`
    })
    return [
      ...headLines(name, help, 'histogram'),
      ...buckets,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${total}`,
    ]
  }
}

/** What goes up alone, by its labels: those of a small set that the program knows. */
export class Counter {
  readonly #counts = new Map<string, number>()

  add(labels: Labels): void {
    const text = labelText(labels)
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1)
  }

  /** Its lines in the text format. */
  lines(name: string, help: string): readonly string[] {
    const values = Array.from(this.#counts, ([labels, count]) => `${name}${labels} ${count}`)
    return [...headLines(name, help, 'counter'), ...values]
  }
}

/** What stands above the values of one number. */
export function headLines(name: string, help: string, type: string): readonly string[] {
  return [`# HELP ${name} ${help}.`, `# TYPE ${name} ${type}`]
}

/** Labels in braces; nothing where there are none. */
export function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return all.length === 0 ? '' : `{${all.join(',')}}`
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
