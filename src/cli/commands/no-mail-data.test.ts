import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

/** Commands that change what is to happen with the mail of a folder. */
const changing: readonly (readonly string[])[] = [
  ['pause', 'y.example'],
  ['pause', '--all', '--until', '2h'],
  ['pause', '--source', 'news-1'],
  ['resume', 'y.example'],
  ['resume', '--all'],
  ['account', 'hold', 'ann@x.example'],
  ['account', 'hold', 'user www-data'],
  ['account', 'release', 'ann@x.example'],
  ['queue', 'rule', 'add', 'from:@x.example'],
  ['queue', 'rule', 'add', 'from:@x.example', '--dry-run'],
  ['queue', 'rule', 'remove', 'abcdef'],
  ['queue', 'retry', '--all'],
  ['queue', 'hold', '--all'],
  ['queue', 'release', '--all'],
  ['queue', 'drop', '--all', '--yes'],
  ['queue', 'bounce', '--all', '--yes'],
]

test('where there is no mail data, nothing is said to be done, and no folder is made', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const run = runner(t)
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  for (const data of [join(folder, 'none'), empty]) {
    const wanted = (await run('queue', 'list', '--data', data)).messages
    assert.match(wanted, /There is no mail data in /)
    for (const words of changing) {
      const { out, messages, code } = await run(...words, '--data', data)
      assert.deepEqual([out, code], ['', 5], words.join(' '))
      assert.equal(messages.split('\n')[0], wanted.split('\n')[0], words.join(' '))
    }
  }
  assert.equal(existsSync(join(folder, 'none')), false)
  assert.deepEqual(readdirSync(empty), [])
})

test('the lab is no server whose mail could be paused', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const north = join(folder, 'runs', 'north')
  mkdirSync(join(north, 'content'), { recursive: true })
  const { out, messages, code } = await runner(t)('pause', 'y.example', '--data', folder)
  assert.deepEqual([out, code], ['', 2])
  assert.match(messages, /is the mail of the lab alone/)
  assert.deepEqual(readdirSync(folder), ['runs'])
})
