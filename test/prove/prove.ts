/**
 * `npm run prove`: what takes too long for the tests. Each part is a program of its own, run among
 * hosts in network namespaces. `npm run prove -- kill` runs one part. `npm run prove -- files` wants
 * no namespaces: it counts the files that a plain letter goes through.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { openNamespaces, world } from './namespaces.ts'

const parts = ['kill', 'soak'] as const

const node = [
  process.execPath,
  '--conditions=waybill-source',
  '--disable-warning=ExperimentalWarning',
] as const
const asked = process.argv.slice(2)
if (asked.join() === 'files') process.exit(run([...node, scriptOf('files')]))
const unknown = asked.filter((one) => !parts.some((part) => part === one))
if (unknown.length > 0)
  stop(`There is no part "${unknown.join('", "')}". There are: ${parts.join(', ')}.`)
if (process.getuid?.() !== 0)
  stop('npm run prove makes network namespaces, which only root may do.')
if (spawnSync('ip', ['-V']).status !== 0) stop('npm run prove wants `ip` of the package iproute2.')

const close = openNamespaces()
let failed = false
try {
  for (const part of parts) {
    if (asked.length > 0 && !asked.includes(part)) continue
    const status = run(['ip', 'netns', 'exec', world.namespace, ...node, scriptOf(part)])
    process.stdout.write(`${part}: ${status === 0 ? 'passed' : 'FAILED'}\n`)
    if (status !== 0) failed = true
  }
} finally {
  close()
}
process.exitCode = failed ? 1 : 0

/** Gives the exit code. */
function run([program = '', ...args]: readonly string[]): number {
  return spawnSync(program, args, { stdio: 'inherit' }).status ?? 1
}

function scriptOf(part: string): string {
  return fileURLToPath(new URL(`${part}.ts`, import.meta.url))
}

function stop(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}
