import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import { contentFiles, filesOf } from './content-files.ts'
import { contentOf } from '../ports/contents.ts'
import { octetsOf } from '../contract-cases.ts'
import { contentPath, type DataFolder, dataFolder, makeDataFolder } from '../data-folder.ts'
import { testFolder } from '../test-folder.ts'

function opened(t: TestContext): {
  readonly folder: DataFolder
  readonly files: ReturnType<typeof contentFiles>
  /** The folders flushed since the last call, by their names. */
  readonly flushed: () => readonly string[]
  readonly spool: (name: string, text: string) => string
} {
  const { folder: root, remove } = testFolder()
  t.after(remove)
  const folder = dataFolder(root)
  makeDataFolder(folder)
  const synced: string[] = []
  return {
    folder,
    files: contentFiles(folder, (path) => synced.push(basename(path))),
    flushed: () => synced.splice(0),
    spool(name, text) {
      const path = join(folder.spool, name)
      writeFileSync(path, text)
      return path
    },
  }
}

/** Content whose hash begins with the letters, found by trying. */
function textWithHash(start: string): { readonly text: string; readonly sha256: string } {
  for (let n = 0; ; n++) {
    const text = `${start} ${n}`
    const { sha256 } = contentOf(Buffer.from(text))
    if (sha256.startsWith(start)) return { text, sha256 }
  }
}

const uuid = '01234567-89ab-4cde-8f01-23456789abcd'

test('a content is durable with each folder that names it: a new ab/ in content/, too', (t) => {
  const { files, flushed, spool } = opened(t)
  const [first, second, other] = [textWithHash('ab'), textWithHash('abc'), textWithHash('cd')]
  files.place(spool('1', first.text), first.sha256, first.text.length)
  assert.deepEqual(flushed(), [], 'not before the end of the transaction')
  files.sync()
  assert.deepEqual(flushed(), ['content', 'ab'])
  files.place(spool('2', second.text), second.sha256, second.text.length)
  files.sync()
  assert.deepEqual(flushed(), ['ab'])
  files.place(spool('3', other.text), other.sha256, other.text.length)
  files.sync()
  assert.deepEqual(flushed(), ['content', 'cd'])
  files.sync()
  assert.deepEqual(flushed(), [])
})

test('a transaction that was lost leaves no flush out when it is tried again', (t) => {
  const { files, flushed, spool } = opened(t)
  const { text, sha256 } = textWithHash('ab')
  const path = spool('1', text)
  files.place(path, sha256, text.length) // rolled back: no sync
  files.place(path, sha256, text.length)
  files.sync()
  assert.deepEqual(flushed(), ['content', 'ab'])
})

test('a flush that fails is told as broken, and the folder is made durable by nobody later', (t) => {
  const { folder, spool } = opened(t)
  const files = contentFiles(folder, () => {
    throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' })
  })
  const { text, sha256 } = textWithHash('ab')
  files.place(spool('1', text), sha256, text.length)
  const broken = (error: unknown): boolean =>
    error instanceof WaybillError && error.code === 'store-broken'
  assert.throws(() => files.sync(), broken)
})

test('the folders of a new data folder are flushed with those that name them', (t) => {
  const { folder: root, remove } = testFolder()
  t.after(remove)
  const synced: string[] = []
  makeDataFolder(dataFolder(join(root, 'a', 'b')), (path) => synced.push(path.slice(root.length)))
  assert.deepEqual(synced, ['', '/a', '/a/b', '/a/b'])
})

test('a file of the wrong length is not taken', (t) => {
  const { folder, files, spool } = opened(t)
  const { text, sha256 } = textWithHash('ab')
  assert.throws(() => files.place(spool('1', text), sha256, text.length + 1), /octets instead of/)
  assert.equal(existsSync(contentPath(folder, sha256)), false)
})

test('a file that lay in its place is replaced by the one that is known to be whole', (t) => {
  const { folder, files, spool } = opened(t)
  const { text, sha256 } = textWithHash('ab')
  mkdirSync(join(folder.content, 'ab'))
  writeFileSync(contentPath(folder, sha256), 'x'.repeat(text.length))
  files.place(spool('1', text), sha256, text.length)
  assert.equal(readFileSync(contentPath(folder, sha256), 'utf8'), text)
})

test('a place is taken back from its own file only', (t) => {
  const { folder, files, spool } = opened(t)
  const { text, sha256 } = textWithHash('ab')
  const [path, other] = [spool('1', text), spool('2', text)]
  files.place(path, sha256, text.length)
  files.takeBack(other, sha256)
  assert.equal(existsSync(contentPath(folder, sha256)), true)
  files.takeBack(path, sha256)
  assert.equal(existsSync(contentPath(folder, sha256)), false)
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('a sweep removes what a crash explains, and tells of all else', (t) => {
  const { folder, files, spool } = opened(t)
  const none = { isReferred: () => false, mayGo: () => false }
  const [stored, placed, left, unknown] = ['a1', 'b2', 'c3', 'd4'].map(textWithHash)
  assert.ok(stored && placed && left && unknown)
  for (const [i, { text, sha256 }] of [stored, placed, left, unknown].entries()) {
    const path = spool(`${i}${uuid.slice(1)}`, text)
    files.place(path, sha256, text.length)
    if (sha256 !== placed.sha256) files.removeSpooled(path)
  }
  writeFileSync(join(folder.content, 'd4', 'notes'), 'somebody put this here')
  spool(uuid.replace('0', 'f'), 'half a letter')
  spool('letter.eml', 'not ours')
  const told = files.sweep({
    isReferred: (sha256) => sha256 === stored.sha256,
    mayGo: (sha256) => sha256 === left.sha256 || sha256 === stored.sha256,
  })
  const names = (path: string): string[] => readdirSync(path).sort()
  assert.deepEqual(
    told.map((path) => basename(path)).sort(),
    [unknown.sha256, 'letter.eml', 'notes'].sort(),
  )
  assert.deepEqual(names(folder.spool), ['letter.eml'])
  assert.deepEqual(names(join(folder.content, 'a1')), [stored.sha256])
  assert.deepEqual(names(join(folder.content, 'b2')), [])
  assert.deepEqual(names(join(folder.content, 'c3')), [])
  assert.deepEqual(names(join(folder.content, 'd4')), [unknown.sha256, 'notes'].sort())
  // Said again at each start, and still left alone.
  assert.equal(files.sweep(none).length, 4)
})

test('content that was changed on the disk ends before its last chunk', async (t) => {
  const { folder, files, spool } = opened(t)
  const text = 'x'.repeat(200_000)
  const { sha256 } = contentOf(Buffer.from(text))
  files.place(spool('1', text), sha256, text.length)
  assert.equal((await octetsOf(filesOf(folder)(sha256, text.length)())).length, text.length)
  for (const at of [0, 100_000, 199_999]) {
    writeFileSync(contentPath(folder, sha256), `${text.slice(0, at)}y${text.slice(at + 1)}`)
    let seen = 0
    await assert.rejects(
      async () => {
        for await (const chunk of filesOf(folder)(sha256, text.length)()) seen += chunk.length
      },
      (error) => error instanceof WaybillError && error.code === 'store-broken',
    )
    assert.ok(seen < text.length, `${seen} of ${text.length}`)
  }
  assert.equal(statSync(contentPath(folder, sha256)).size, text.length)
})
