import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import { concat, octetString } from '../../base/octets.ts'
import { openMailFiles } from './mail-files.ts'
import { verifyFile } from './verify-file.ts'
import { openEvidence } from './evidence-sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-mail-files-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text, 'latin1')
  return path
}

async function read(path: string, stdin = '') {
  const opened = await openMailFiles(path, Readable.from([Buffer.from(stdin)]))
  const found: (readonly [string, string])[] = []
  for await (const { name, chunks } of opened.files) {
    const all: Uint8Array[] = []
    for await (const chunk of chunks) all.push(chunk)
    found.push([name.replace(`${folder}/`, ''), octetString(concat(all))])
  }
  return { type: opened.type, count: opened.count, found }
}

const date = 'Tue Nov  3 08:05:07 2026'

test('a file is one message, with the line ends of the wire', async () => {
  assert.deepEqual(await read(write('a.eml', 'X: 1\n\nHi\n')), {
    type: 'message',
    count: 1,
    found: [['a.eml', 'X: 1\r\n\r\nHi\r\n']],
  })
  const kept = 'X: 1\r\n\r\nHi\nHo\r\n'
  assert.deepEqual((await read(write('b.eml', kept))).found, [['b.eml', kept]])
  assert.deepEqual((await read(write('empty.eml', ''))).found, [['empty.eml', '']])
})

test('standard input is one message, or an mbox', async () => {
  const one = await read('-', '\xef\xbb\xbfX: 1\n\nHi\n')
  assert.equal(one.type, 'message')
  const [[name, text] = []] = one.found
  assert.equal(name, '-')
  assert.equal(text?.endsWith('X: 1\r\n\r\nHi\r\n'), true)
  const two = await read('-', `From a@b.example ${date}\nX: 1\n\nFrom a@b.example ${date}\nX: 2\n`)
  assert.equal(two.type, 'mbox')
  assert.deepEqual(two.found, [
    ['-:1', 'X: 1\r\n'],
    ['-:2', 'X: 2\r\n'],
  ])
})

test('a mark before the header is stepped over, and a From line is no header', async () => {
  assert.deepEqual((await read(write('mark.eml', '\xef\xbb\xbfX: 1\n'))).found, [
    ['mark.eml', 'X: 1\r\n'],
  ])
  const boxed = await read(write('boxed.eml', '\xef\xbb\xbf\nFrom a@b.example\nX: 1\n'))
  assert.deepEqual(boxed.found, [['boxed.eml:1', 'X: 1\r\n']])
  assert.deepEqual((await read(write('short.eml', 'Fro'))).found, [['short.eml', 'Fro']])
})

test('the folders of a Maildir are read with it, and those in them', async () => {
  write('md2/new/a', 'X: 1\n')
  write('md2/tmp/b', 'X: half\n')
  write('md2/.Junk/cur/c', 'X: 3\n')
  write('md2/.Junk/new/.hidden', 'X: no\n')
  write('md2/Work/Old/cur/e', 'X: 5\n')
  write('md2/Work/cur/d', `From a@b.example ${date}\nX: 4\n`)
  write('md2/notes/x', 'no Maildir')
  const { found, type, count } = await read(join(folder, 'md2'))
  assert.equal(type, 'folder')
  assert.equal(count, 4)
  assert.deepEqual(found, [
    ['md2/new/a', 'X: 1\r\n'],
    ['md2/.Junk/cur/c', 'X: 3\r\n'],
    ['md2/Work/cur/d:1', 'X: 4\r\n'],
    ['md2/Work/Old/cur/e', 'X: 5\r\n'],
  ])
})

test('.eml is a name in any case, and what is not looked at is told', async () => {
  write('mixed/A.EML', 'X: 1\n')
  write('mixed/b.Eml', 'X: 2\n')
  const opened = await openMailFiles(join(folder, 'mixed'), Readable.from([]))
  assert.equal(opened.count, 2)
  assert.deepEqual(opened.passedOver, [])
  write('mixed/c.txt', 'X: 3\n')
  const more = await openMailFiles(join(folder, 'mixed'), Readable.from([]))
  assert.equal(more.count, 2)
  assert.match(more.passedOver.join(), /mixed has another file or folder, not looked at\.$/)
  write('mixed/d/e.eml', 'X: 4\n')
  const most = await openMailFiles(join(folder, 'mixed'), Readable.from([]))
  assert.match(most.passedOver.join(), /has 2 other files and folders/)
})

test('an mbox file has its messages counted', async () => {
  const text = [1, 2].map((n) => `From a@b.example ${date}\nX: ${n}\n\n>From\n\n`).join('')
  assert.deepEqual(await read(write('box', text)), {
    type: 'mbox',
    count: undefined,
    found: [
      ['box:1', 'X: 1\r\n\r\n>From\r\n'],
      ['box:2', 'X: 2\r\n\r\n>From\r\n'],
    ],
  })
})

test('a Maildir has its messages in cur and new', async () => {
  for (const name of ['cur/2:2,S', 'cur/1', 'new/3', 'tmp/4', 'new/.hidden', 'x.eml']) {
    write(`md/${name}`, `X: ${name}\n`)
  }
  const { type, count, found } = await read(join(folder, 'md'))
  assert.deepEqual([type, count], ['folder', 3])
  assert.deepEqual(
    found.map(([name]) => name),
    ['md/cur/1', 'md/cur/2:2,S', 'md/new/3'],
  )
})

test('another folder has them in *.eml', async () => {
  write('letters/b.eml', 'X: 1\n')
  write('letters/a.eml', 'X: 1\n')
  write('letters/notes.txt', '')
  const { found } = await read(join(folder, 'letters'))
  assert.deepEqual(
    found.map(([name]) => name),
    ['letters/a.eml', 'letters/b.eml'],
  )
})

test('what is not there, or has no message, is not found', async () => {
  mkdirSync(join(folder, 'none'))
  for (const path of [join(folder, 'nowhere'), join(folder, 'none')]) {
    await assert.rejects(read(path), (problem) => {
      return problem instanceof WaybillError && problem.code === 'not-found'
    })
  }
})

test('Maildirs are found below folders that are none, each once whatever links there are', async () => {
  write('mail/INBOX/cur/1:2,S', 'X: 1\n')
  write('mail/Lists/rust/new/2', 'X: 2\n')
  write('mail/Lists/notes', 'no letter')
  const named = async (path: string): Promise<readonly string[]> => {
    return (await read(join(folder, path))).found.map(([name]) => name)
  }
  assert.deepEqual(await named('mail'), ['mail/INBOX/cur/1:2,S', 'mail/Lists/rust/new/2'])
  write('fsbox/cur/0', 'X: 0\n')
  write('fsbox/fs/Work/cur/3', 'X: 3\n')
  symlinkSync(join(folder, 'fsbox'), join(folder, 'fsbox', 'fs', 'loop'))
  symlinkSync(join(folder, 'mail', 'INBOX'), join(folder, 'fsbox', '.Linked'))
  const linked = 'fsbox/.Linked/cur/1:2,S'
  assert.deepEqual(await named('fsbox'), ['fsbox/cur/0', linked, 'fsbox/fs/Work/cur/3'])
})

test('a packed letter is told as such and not judged', async () => {
  const world = openEvidence({ receiver: 'mx.example', zone: new Map() })
  const facts = { ip: undefined, helo: undefined, mailFrom: undefined, now: 0 }
  const verified = async (octets: readonly number[]): Promise<unknown> => {
    const chunks = Readable.from(octets.map((octet) => Uint8Array.of(octet)))
    const result = await verifyFile({ name: 'x', chunks }, facts, world)
    return 'problem' in result ? result.problem : 'read'
  }
  assert.equal(await verified([0x1f, 0x8b, 8, 0, 0, 0, 0]), 'it is packed (gzip)')
  assert.equal(await verified([0x28, 0xb5, 0x2f, 0xfd, 1]), 'it is packed (zstd)')
  assert.equal(await verified([0x1f, 0x8a, 8, 0, 0, 0, 0]), 'read')
  assert.equal(await verified([]), 'read')
})
