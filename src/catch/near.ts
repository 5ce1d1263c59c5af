import { WaybillError } from '../base/error.ts'

/** What is done where a port is taken. */
export interface NearOptions {
  /** A port that is taken: `next` takes one of those behind it, `strict` gives up. */
  readonly taken: 'next' | 'strict'
  /** Ports that somebody asked for by number: none of these is replaced by another. */
  readonly named?: ReadonlySet<string>
}

/** How many ports behind the one that is taken are tried. */
const triesBehind = 20

/** Opens at a port, or at the next free one behind it. */
export async function near<T>(
  options: NearOptions,
  name: string,
  port: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  const strict = options.taken === 'strict' || options.named?.has(name) === true
  for (let at = port; ; at++) {
    try {
      return await open(at)
    } catch (problem) {
      const taken = problem instanceof WaybillError && problem.code === 'port-taken'
      const last = port === 0 || strict || at >= port + triesBehind
      if (!taken || last) throw problem
    }
  }
}
