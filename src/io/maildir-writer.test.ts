import { test } from 'node:test'
import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../base/octets.ts'
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
    assert.deepEqual((await readdir(join(path, 'a', '.Junk'))).sort(), [
      'cur',
      'new',
      'tmp',
      'waybill-exported',
    ])
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

const name = '1.M1x.host,W=9'

/** A second export into the same folder. */
async function writeAgain(
  path: string,
  names: readonly string[] = [name],
): Promise<readonly string[]> {
  const writer = await MaildirWriter.open(path)
  const types: string[] = []
  for (const one of names) {
    const { type } = await writer.write({ folder: 'new', name: one }, text('again'))
    types.push(type)
  }
  await writer.close()
  return types
}

// What a mail program does with a message, and what a second export makes of it.
const lives: readonly (readonly [string, (path: string) => Promise<void>, string, string])[] = [
  ['left alone', () => Promise.resolve(), 'exists', 'new'],
  [
    'read',
    (path) => rename(join(path, 'new', name), join(path, 'cur', `${name}:2,S`)),
    'exists',
    'cur',
  ],
  [
    'renamed with its size',
    (path) => rename(join(path, 'new', name), join(path, 'cur', '1.M1x.host,S=7:2,RS')),
    'exists',
    'cur',
  ],
  ['deleted', (path) => rm(join(path, 'new', name)), 'gone', ''],
  [
    'moved to another folder',
    async (path) => {
      await mkdir(join(path, '.Work/cur'), { recursive: true })
      await rename(join(path, 'new', name), join(path, '.Work/cur', `${name}:2,S`))
    },
    'gone',
    '.Work/cur',
  ],
]

for (const [what, happens, type, place] of lives) {
  test(`a message that was ${what} is neither doubled nor brought back`, async () => {
    await withFolder(async (path) => {
      assert.deepEqual(await writeAgain(path), ['written'])
      await happens(path)
      for (let round = 0; round < 2; round++) {
        assert.deepEqual(await writeAgain(path, [name, `2.M${round}y.host`]), [type, 'written'])
        const found = []
        for (const folder of ['new', 'cur', '.Work/cur']) {
          const names = await readdir(join(path, folder)).catch(() => [])
          if (names.some((one) => one.startsWith('1.M1x.host'))) found.push(folder)
        }
        assert.deepEqual(found, place === '' ? [] : [place])
      }
    })
  })
}

test('a message that was there before there was a record is recorded', async () => {
  await withFolder(async (path) => {
    await writeAgain(path)
    await rm(join(path, 'waybill-exported'))
    assert.deepEqual(await writeAgain(path), ['exists'])
    await rm(join(path, 'new', name))
    assert.deepEqual(await writeAgain(path), ['gone'])
  })
})

test('a record whose last line was cut off by a crash goes on with a line of its own', async () => {
  await withFolder(async (path) => {
    await writeAgain(path)
    await appendFile(join(path, 'waybill-exported'), '2.M')
    assert.deepEqual(await writeAgain(path, ['3.Mz.host']), ['written'])
    assert.equal(
      await readFile(join(path, 'waybill-exported'), 'utf8'),
      '1.M1x.host\n2.M\n3.Mz.host\n',
    )
    await rm(join(path, 'new', '3.Mz.host'))
    assert.deepEqual(await writeAgain(path, ['3.Mz.host', '2.Mq.host']), ['gone', 'written'])
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
    assert.equal((await writer.write({ folder: 'new', name: 'x' }, text('whole'))).type, 'written')
    await writer.close()
  })
})

test('a name that is a path is a bug', async () => {
  await withFolder(async (path) => {
    const writer = await MaildirWriter.open(path)
    for (const wrong of ['../x', '', '.', '..', 'a\0', 'a\nb']) {
      await assert.rejects(
        writer.write({ folder: 'new', name: wrong }, text('x')),
        /not a file name/,
      )
    }
    await writer.close()
  })
})

test('the names are durable when it is closed: of messages, of the record, of new folders', async () => {
  await withFolder(async (root) => {
    const synced: string[] = []
    const sync = (path: string): void => void synced.push(path.slice(root.length))
    const path = join(root, 'mail')
    const writer = await MaildirWriter.open(path, sync)
    await writer.write({ folder: 'new', name: '1.a' }, text('x'))
    await writer.write({ folder: 'new', name: '2.a' }, text('x'))
    assert.deepEqual(synced, [])
    await writer.close()
    assert.deepEqual(new Set(synced.splice(0)), new Set(['', '/mail', '/mail/new']))
    const again = await MaildirWriter.open(path, sync)
    await again.write({ folder: 'cur', name: '3.a:2,S' }, text('x'))
    await again.close()
    assert.deepEqual(new Set(synced), new Set(['/mail', '/mail/cur']))
  })
})
