import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A small collection is asked for when this much has passed since the last one. */
const octetsBetweenCollections = 8 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let passed = 0
let collect: Collect | undefined

/**
 * Counts octets that sockets bring and that nobody keeps, and lets the engine free them in time.
 * V8 does not see the buffers of sockets when it decides on a small collection: it frees them when
 * they come to 64 MiB, so one large letter would cost its whole size. A small collection takes
 * about a millisecond.
 */
export function countPassing(octets: number): void {
  passed += octets
  if (passed < octetsBetweenCollections) return
  passed = 0
  collect ??= collector()
  collect({ type: 'minor' })
}

/** The engine's own function; it is given to a new context only, so the flag changes nothing here. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof found !== 'function') return () => undefined
  return (options) => {
    Reflect.apply(found, undefined, [options])
  }
}
