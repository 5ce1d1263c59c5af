// Compiles src to dist, for the doors (`import … from 'waybill/spf'`) and for the package, and bundles
// the page beside it. What was
// there is replaced in one step, so that nobody meets half of it.
import { spawnSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findRuntime, root } from './runtime.mjs'

const dist = join(root, 'dist')
const fresh = `${dist}.${process.pid}`
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const steps = [
  [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh],
  [join(root, 'scripts', 'console.mjs'), join(fresh, 'console')],
]
const runtime = findRuntime() ?? process.execPath
let status = 0
for (const step of steps) {
  if (status === 0) status = spawnSync(runtime, step, { cwd: root, stdio: 'inherit' }).status ?? 1
}
if (status === 0) {
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
} else rmSync(fresh, { recursive: true, force: true })
process.exitCode = status
