import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

function runMain(before: string): {
  readonly code: number | null
  readonly out: string
  readonly said: string
} {
  const load = ['--import', `data:text/javascript,${encodeURIComponent(before)}`]
  const args = ['--conditions=waybill-source', ...load, main, '--version']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { code: status, out: stdout, said: stderr }
}

function pretend(version: string): string {
  return `const split = String.prototype.split
    String.prototype.split = function (...args) {
      return this.valueOf() === process.versions.node ? ['${version}', '0', '0'] : split.apply(this, args)
    }`
}

test('an old Node gets a sentence and exit code 2, before anything is loaded that it cannot read', () => {
  const { code, out, said } = runMain(pretend('22'))
  assert.deepEqual([code, out], [2, ''])
  assert.match(
    said,
    /^waybill: it needs Node 24 or newer, and this is \d+\.\d+\.\d+ \(.*\)\.\n {2}Install a newer one/,
  )
  const text = readFileSync(main, 'utf8')
  // `env` of an old Node would end at an option that it does not know.
  assert.equal(text.split('\n')[0], '#!/usr/bin/env node')
  assert.doesNotMatch(text, /^import /m)
})

test('Node 24 and newer run the program; of warnings only those of experiments are not told', () => {
  for (const version of ['24', '25']) {
    const { code, out } = runMain(pretend(version))
    assert.equal(code, 0)
    assert.match(out, /^\d+\.\d+\.\d+\n$/)
  }
  const later =
    "setTimeout(() => { process.emitWarning('x', 'ExperimentalWarning'); process.emitWarning('heed this') }, 0)"
  const { said } = runMain(
    `process.on('exit', () => {}); ${later.replace('setTimeout(() =>', 'setImmediate(() =>').replace(', 0)', ')')}`,
  )
  assert.doesNotMatch(said, /Experimental/)
  assert.match(said, /Warning: heed this/)
})

test('a result that finds no room on its disk is a sentence and exit code 1', (t) => {
  if (!existsSync('/dev/full')) {
    t.skip('this system has no /dev/full')
    return
  }
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const args = ['--conditions=waybill-source', main, 'lab', 'list']
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'] })
  assert.equal(status, 1)
  assert.match(
    String(stderr),
    /^waybill: The result could not be written whole\. .*the disk is full\.$/m,
  )
  assert.doesNotMatch(String(stderr), / at /)
})
