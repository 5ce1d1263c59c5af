import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { testFolder } from '../store/test-folder.ts'
import { controlSocketPath, maxNameOctets, socketPlace } from './socket-place.ts'

/** A path of so many octets. */
function pathOf(octets: number): string {
  return `/${'d'.repeat(octets - '//control.sock'.length)}/control.sock`
}

test('a path that fits is taken as it is', () => {
  const path = pathOf(maxNameOctets)
  assert.equal(socketPlace(path, { from: '/' }).path, path)
  assert.equal(controlSocketPath('/var/lib/waybill'), '/var/lib/waybill/control.sock')
})

test('one that does not is named from where we stand, when that fits', () => {
  const path = pathOf(maxNameOctets + 1)
  const from = join(path, '..')
  assert.equal(socketPlace(path, { from }).path, 'control.sock')
  // Octets count, not characters.
  const wide = `/${'ü'.repeat(60)}/control.sock`
  assert.equal(socketPlace(wide, { from: join(wide, '..', 'x') }).path, '../control.sock')
})

test('where neither fits it is named by its open folder, and else there is a sentence', () => {
  const { folder, remove } = testFolder()
  const long = join(folder, 'd'.repeat(100))
  mkdirSync(long)
  const path = controlSocketPath(long)
  const place = socketPlace(path, { from: '/', byDescriptor: true })
  assert.match(place.path, /^\/proc\/self\/fd\/\d+\/control\.sock$/)
  place.close()
  assert.throws(
    () => socketPlace(path, { from: '/', byDescriptor: false }),
    (problem) =>
      problem instanceof WaybillError &&
      problem.code === 'usage' &&
      problem.message.includes(`has ${path.length} octets, and a socket can have ${maxNameOctets}`),
  )
  remove()
})
