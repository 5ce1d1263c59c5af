// Which Node runs Waybill: the one pinned in node_modules, else the machine's own when it is new
// enough. Plain JavaScript of years ago, because this runs under whatever Node the machine has.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const pinned = join(root, 'node_modules', '.bin', 'node')
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
export const leastMajor = Number(/\d+/.exec(engines.node)[0])
export const ownMajor = Number(process.versions.node.split('.')[0])

/** The path of a Node that runs Waybill, or nothing. */
export function findRuntime() {
  // Asked, not only looked for: it may be built for another C library than this machine's.
  const asked = spawnSync(pinned, ['--version'], { encoding: 'utf8' })
  if (asked.status === 0 && Number(/\d+/.exec(asked.stdout)) >= leastMajor) return pinned
  return ownMajor >= leastMajor ? process.execPath : undefined
}
