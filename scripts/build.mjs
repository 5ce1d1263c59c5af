// Compiles src to dist, for the doors (`import … from 'waybill/spf'`) and for the package. What was
// there is replaced in one step, so that nobody meets half of it.
import { spawnSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findRuntime, root } from './runtime.mjs'

const dist = join(root, 'dist')
const fresh = `${dist}.${process.pid}`
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh]
const done = spawnSync(findRuntime() ?? process.execPath, args, { cwd: root, stdio: 'inherit' })
if (done.status === 0) {
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
} else rmSync(fresh, { recursive: true, force: true })
process.exitCode = done.status === null ? 1 : done.status
