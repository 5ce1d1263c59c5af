import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'

/** Debian's Python, which has Debian's modules; another one on PATH may have none of them. */
export const python = '/usr/bin/python3'

/** Where `.ci/run` unpacks peers that cannot be installed beside each other. */
export const unpackedPeers = '/var/tmp/waybill-peers'

/** Servers live in sbin, which is not on every user's PATH. */
const programFolders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The full path of a program, when it is installed. */
export function findProgram(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined
  return programFolders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** What a test cannot do without. */
export interface Needs {
  readonly programs?: readonly string[]
  /** Modules of Debian's Python. */
  readonly pythonModules?: readonly string[]
  /** Users that a program insists on. */
  readonly users?: readonly string[]
  /** For servers that change their user. */
  readonly root?: boolean
}

/**
 * Whether all that a test needs is here. If not, the test is skipped with the reason in words; with
 * `WAYBILL_REQUIRE_PEERS=1` it fails, so that a machine meant to run it cannot leave it out.
 */
export function peersAreHere(t: TestContext, needs: Needs): boolean {
  const missing = missingOf(needs)
  if (missing === undefined) return true
  assert.notEqual(process.env['WAYBILL_REQUIRE_PEERS'], '1', missing)
  t.skip(missing)
  return false
}

/** What is missing first, in words; `undefined` when all is here. */
export function missingOf({ programs, pythonModules, users, root }: Needs): string | undefined {
  const program = programs?.find((name) => findProgram(name) === undefined)
  if (program !== undefined) return `${program} is not installed`
  if (pythonModules !== undefined) {
    if (!existsSync(python)) return `${python} is not installed`
    const modules = pythonModules.join(', ')
    if (spawnSync(python, ['-c', `import ${modules}`]).status !== 0) {
      return `${python} lacks one of its modules ${modules}`
    }
  }
  const user = users?.find((name) => spawnSync('id', [name]).status !== 0)
  if (user !== undefined) return `there is no user ${user}`
  if (root === true && process.getuid?.() !== 0) return 'only root can start this peer'
  return undefined
}

/** The full path of a program that is known to be here. */
export function program(name: string): string {
  const path = findProgram(name)
  assert.ok(path !== undefined, `${name} is not installed`)
  return path
}
