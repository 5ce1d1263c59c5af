import { test } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../base/utf8.ts'
import { MaildirWriter } from './maildir-writer.ts'

async function* text(...pieces: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield encodeUtf8(piece)
}

async function withFolder(run: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'waybill-maildir-'))
  try {
    await run(path)
  } finally {
    await rm(path, { recursive: true })
  }
}

test('a message is written whole, into its folder, and nothing stays under tmp', async () => {
  await withFolder(async (path) => {
    const writer = await MaildirWriter.open(join(path, 'a', '.Junk'))
    const place = { folder: 'cur', name: '1.M1x.host:2,S' } as const
    const written = await writer.write(place, text('Subject: x\n', '\nbody\n'))
    await writer.close()
    assert.equal(written.type, 'written')
    assert.equal(await readFile(written.path, 'utf8'), 'Subject: x\n\nbody\n')
    assert.deepEqual((await readdir(join(path, 'a', '.Junk'))).sort(), ['cur', 'new', 'tmp'])
    assert.deepEqual(await readdir(join(path, 'a', '.Junk', 'tmp')), [])
  })
})

test('a message that is there is left alone', async () => {
  await withFolder(async (path) => {
    const writer = await MaildirWriter.open(path)
    const place = { folder: 'new', name: 'x' } as const
    await writer.write(place, text('first'))
    const again = await writer.write(place, text('second'))
    assert.equal(again.type, 'exists')
    assert.equal(await readFile(again.path, 'utf8'), 'first')
    await writer.close()
  })
})

test('a message that cannot be read to its end leaves nothing behind', async () => {
  await withFolder(async (path) => {
    const writer = await MaildirWriter.open(path)
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield encodeUtf8('half')
      throw new Error('the store broke')
    }
    await assert.rejects(writer.write({ folder: 'new', name: 'x' }, broken()), /the store broke/)
    assert.deepEqual(await readdir(join(path, 'new')), [])
    assert.deepEqual(await readdir(join(path, 'tmp')), [])
    await writer.close()
  })
})

test('a name that is a path is a bug', async () => {
  await withFolder(async (path) => {
    const writer = await MaildirWriter.open(path)
    for (const name of ['../x', '', '..', 'a\0']) {
      await assert.rejects(writer.write({ folder: 'new', name }, text('x')), /not a file name/)
    }
  })
})
