// Set-up before `npm start` and `npm test`: installs the locked packages when they are missing or
// behind, and compiles the doors. Plain JavaScript, because the machine's own Node may be old.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findRuntime, leastMajor, ownMajor, root } from './runtime.mjs'

const lock = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.waybill-lock')
const door = join(root, 'dist', 'spf', 'spf.js')

function say(text) {
  process.stderr.write(`${text}\n`)
}

function stop(text) {
  say(text)
  process.exit(1)
}

/** Runs a command and gives what it said, or nothing when all was well. */
function trouble(command, args) {
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' }
  const done = spawnSync(command, args, options)
  if (done.status === 0) return undefined
  return `${done.stdout || ''}${done.stderr || ''}`.trim() || String(done.error || done.signal)
}

function installed() {
  return existsSync(stamp) && readFileSync(stamp).equals(readFileSync(lock))
}

function install() {
  say('Waybill: installing the locked packages (once, about 20 seconds) …')
  const said = trouble('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (said !== undefined) {
    say(said)
    stop('Waybill could not install its packages with `npm ci`; it needs the npm registry once.')
  }
  if (findRuntime() === undefined) {
    stop(
      `Waybill needs Node ${leastMajor} or newer; this is Node ${process.versions.node}.\n` +
        'Its own copy (the npm package "node") did not install. Allow its install script with\n' +
        '`npm config set ignore-scripts false`, or install a newer Node, and run this again.',
    )
  }
  copyFileSync(lock, stamp)
}

function newestSource(folder) {
  let time = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) time = Math.max(time, newestSource(path))
    else if (path.endsWith('.ts') && !path.endsWith('.test.ts')) {
      time = Math.max(time, statSync(path).mtimeMs)
    }
  }
  return time
}

function compileDoors() {
  if (existsSync(door) && statSync(door).mtimeMs >= newestSource(join(root, 'src'))) return
  say('Waybill: compiling its library, as its sources have changed (about 10 seconds) …')
  const said = trouble(process.execPath, [join(root, 'scripts', 'build.mjs')])
  // The program itself runs from source, so this is no reason to stop.
  if (said !== undefined) say(`${said}\nWaybill could not compile its library doors (dist).`)
}

// npm ci of this lock file needs npm 7, and the set-up itself the language of Node 16.
if (ownMajor < 16) {
  stop(
    `Waybill sets itself up with Node 16 or newer; this is Node ${process.versions.node}.\n` +
      '  nvm:   nvm install 24 && npm start\n  other: https://nodejs.org/en/download',
  )
}
if (!installed()) install()
compileDoors()
