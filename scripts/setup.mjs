// Set-up before `npm start` and `npm test`: plain JavaScript, because the machine's own Node may be
// too old for anything else. Installs the locked packages when they are missing or behind.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, statSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.waybill-lock')
const runtime = join(root, 'node_modules', '.bin', 'node')

/** Runs one command; what it says is shown only when it fails, unless it takes long. */
function run(command, args, failure) {
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' }
  const done = spawnSync(command, args, options)
  if (done.status === 0) return
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}\n${failure}\n`)
  process.exit(1)
}

function installed() {
  return existsSync(stamp) && existsSync(runtime) && readFileSync(stamp).equals(readFileSync(lock))
}

function newest(folder) {
  let time = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) time = Math.max(time, newest(path))
    else if (entry.name.endsWith('.ts')) time = Math.max(time, statSync(path).mtimeMs)
  }
  return time
}

if (!installed()) {
  process.stderr.write('Waybill: installing the locked packages (once, about 20 seconds) …\n')
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Waybill could not install its packages with `npm ci`. It needs the npm registry this one time.',
  )
  if (!existsSync(runtime)) {
    process.stderr.write(
      'Waybill needs Node 24; its own copy (the npm package "node") did not install.\n' +
        'Allow its install script (npm config set ignore-scripts false) and run this again.\n',
    )
    process.exit(1)
  }
  copyFileSync(lock, stamp)
}

// The doors (`import … from 'waybill/spf'`) lead to compiled JavaScript, made anew when stale.
const door = join(root, 'dist', 'spf', 'spf.js')
if (!existsSync(door) || statSync(door).mtimeMs < newest(join(root, 'src'))) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  run(runtime, [tsc, '-p', 'tsconfig.build.json'], 'Waybill could not compile its sources.')
}
