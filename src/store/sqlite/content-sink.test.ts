import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeOf } from '../../base/error.ts'
import { dataFolder } from '../data-folder.ts'
import { testFolder } from '../test-folder.ts'
import { inlineBytes, spoolName } from './content-files.ts'
import { SpoolSink } from './content-sink.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** The files of the spool that this process has open, also those that have lost their name. */
function openIn(spool: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((number) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', number))
      return path.startsWith(spool) ? [path] : []
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [] // what read the folder itself
      throw error
    }
  })
}

test('a letter that is let go while its octets wait for the disk leaves no file, named or open', {
  skip: process.platform === 'linux' ? false : 'open files are counted in /proc',
}, async (t) => {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder })
  t.after(async () => {
    await store.close()
    remove()
  })
  const { spool } = dataFolder(folder)
  // So many octets at once that the file is behind by one buffer, two, and many.
  for (const buffers of [2, 3, 10]) {
    for (let turns = 0; turns < 6; turns++) {
      const sink = new SpoolSink(dataFolder(folder), spoolName('00000000'))
      const pushed = sink.push(new Uint8Array(buffers * inlineBytes + 1))
      for (let turn = 0; turn < turns; turn++) await nextTurn()
      sink.abort()
      await pushed
      await until(() => openIn(spool).length === 0 && readdirSync(spool).length === 0)
    }
  }
})

/** Fails when it is not so after far more turns of the event loop than any of this takes. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !isSo(); turn++) await nextTurn()
  assert.ok(isSo())
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
