import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { testFolder } from '../store/test-folder.ts'
import { readNewPassword, readPassword } from './password-input.ts'

/** A terminal on which these keys are pressed; what it shows, and whether it hides what is typed. */
function terminal(...keys: readonly string[]) {
  const input = new PassThrough()
  const shown: string[] = []
  const modes: boolean[] = []
  const tty = Object.assign(input, {
    isTTY: true,
    setRawMode(raw: boolean) {
      modes.push(raw)
    },
  })
  for (const key of keys) input.write(key)
  const ask = (text: string): void => {
    shown.push(text)
  }
  return { read: () => readNewPassword({ input: tty, ask }), shown, modes, end: () => input.end() }
}

test('on a terminal the password is typed twice, and nothing of it is shown', async () => {
  const { read, shown, modes } = terminal('let', 'me', 'in\r', 'letmein\r')
  assert.equal(await read(), 'letmein')
  assert.deepEqual(shown, ['Password, which is not shown: ', '\n', 'The same again: ', '\n'])
  assert.deepEqual(modes, [true, false], 'hidden from the first key to the last')
})

test('keys that take back what was typed do so', async () => {
  const { read } = terminal('wrong\u0015le\u{1f511}\u007ft\u007f\btä\bmein\n', 'ltmein\n')
  assert.equal(await read(), 'ltmein')
})

test('two that differ, none, and a typist who gives up are told, and the terminal is set back', async () => {
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [['letmein\r', 'letmeim\r'], /not the same/],
    [['letmein\r', '\r'], /not the same/],
    [['\r'], /is empty/],
    [['letm\u0003'], /No password was given/],
    [['letmein\r\u0004'], /No password was given/],
  ]
  for (const [keys, wanted] of table) {
    const { read, modes } = terminal(...keys)
    await assert.rejects(read(), wanted)
    assert.deepEqual(modes, [true, false])
  }
  const { read, modes, end } = terminal('letm')
  end()
  await assert.rejects(read(), /No password was given/)
  assert.deepEqual(modes, [true, false])
})

test('from a pipe it is one line, asked once, whatever follows', async () => {
  for (const text of ['letmein\n', 'letmein', 'letmein\r\nother\n']) {
    const input = new PassThrough()
    input.end(text)
    const asked: string[] = []
    assert.equal(await readNewPassword({ input, ask: (one) => asked.push(one) }), 'letmein')
    assert.deepEqual(asked, [])
  }
  const empty = new PassThrough()
  empty.end('')
  await assert.rejects(readNewPassword({ input: empty, ask: () => {} }), /is empty/)
})

test('a password that one has comes from the environment, a file, a pipe or a terminal, asked once', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const file = join(folder, 'password')
  writeFileSync(file, 'of the file\nmore\n')
  const ask = (): void => {}
  const from = { ask, given: undefined, file: undefined, inputIsTaken: false }
  const none = Readable.from([])
  assert.equal(await readPassword({ ...from, input: none, given: 'given' }), 'given')
  assert.equal(await readPassword({ ...from, input: none, given: 'x', file }), 'of the file')
  assert.equal(await readPassword({ ...from, input: Readable.from(['piped\nx']) }), 'piped')
  await assert.rejects(readPassword({ ...from, input: none, given: '' }), /is empty/)
  await assert.rejects(readPassword({ ...from, input: none, inputIsTaken: true }), /no password/)
  await assert.rejects(readPassword({ ...from, input: none, file: join(folder, 'x') }), /be read/)
})
