/** What Linux tells of processes in /proc; on other systems `NaN`. */
import { readdirSync, readFileSync } from 'node:fs'

/** The unit of time in /proc: Linux shows 100 ticks a second to every program. */
const tickMs = 10

interface Stat {
  readonly parent: number
  readonly cpuMs: number
}

/**
 * User and system time in milliseconds of these processes, of all that come from them, and of those
 * of them that have ended.
 */
export function cpuMsOf(roots: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN
  return Array.from(familyOf(roots).values()).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

/** `undefined` for a process that has just ended. */
function statOf(pid: string): Stat | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // proc(5): the name in brackets may hold anything; fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime, stime, and with them cutime and cstime: those of children that ended and were waited for.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { parent: Number(fields[1]), cpuMs: ticks * tickMs }
}

/** These processes and all that come from them. */
function familyOf(roots: readonly number[]): ReadonlyMap<number, Stat> {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined
    if (stat !== undefined) stats.set(Number(name), stat)
  }
  const belongs = (pid: number): boolean => {
    const stat = stats.get(pid)
    return roots.includes(pid) || (stat !== undefined && belongs(stat.parent))
  }
  return new Map(Array.from(stats).filter(([pid]) => belongs(pid)))
}

/** What these processes and all that come from them have in memory now, in MB; shared pages once. */
export function memoryMbOf(roots: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN
  const kilobytes = Array.from(familyOf(roots).keys(), (pid) => {
    const text = readOrNothing(`/proc/${pid}/smaps_rollup`) ?? ''
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0)
  })
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024
}

/** Looks at the memory of processes twice a second, and keeps the most. */
export class MemoryWatch {
  readonly #pids: readonly number[]
  readonly #timer: NodeJS.Timeout
  #mostMb = 0

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#timer = setInterval(() => this.#look(), 500)
    this.#look()
  }

  /** The most that it saw, in MB. */
  stop(): number {
    clearInterval(this.#timer)
    this.#look()
    return this.#mostMb
  }

  #look(): void {
    this.#mostMb = Math.max(this.#mostMb, memoryMbOf(this.#pids))
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
