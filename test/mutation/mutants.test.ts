import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'

import { readDependents } from './dependents.ts'
import { mutantsOf, mutate } from './mutants.ts'
import { choose } from './selection.ts'

function changes(source: string): readonly string[] {
  return mutantsOf(source).map((mutant) => `${mutant.kind}: ${mutate(source, mutant)}`)
}

const cases: readonly (readonly [source: string, expected: readonly string[]])[] = [
  ['if (a) b()', ['negated condition: if (!(a)) b()', 'dropped statement: if (a) ;']],
  ['x = a && b', ['dropped statement: ;', 'other connective: x = a || b']],
  ['const x = a ? b : c', ['negated condition: const x = !(a) ? b : c']],
  [
    'while (n < 10) n++',
    [
      'negated condition: while (!(n < 10)) n++',
      'moved limit: while (n <= 10) n++',
      'moved limit: while (n < (10 + 1)) n++',
      'dropped statement: while (n < 10) ;',
    ],
  ],
  ['const maxTags = 200', ['moved limit: const maxTags = (200 + 1)']],
  ['const y = f(a, b)', ['swapped arguments: const y = f(b, a)']],
  ['const y = f(a, a)', []],
  ['const y = Math.min(a, b)', []],
  [
    'function f(): void { a }',
    [
      'early return: function f(): void { return; a }',
      'dropped statement: function f(): void { ; }',
    ],
  ],
  [
    'function f(): boolean { return g }',
    ['constant return: function f(): boolean { return true; return g }'],
  ],
  [
    'function f(): Promise<string> { return g }',
    ["constant return: function f(): Promise<string> { return Promise.resolve(''); return g }"],
  ],
  [
    'function f(): readonly X[] { return g }',
    ['constant return: function f(): readonly X[] { return []; return g }'],
  ],
  ['throw new Error(`at ${a ? 1 : 2}`)', []],
  ["import { a } from './a.ts'\ntype B = 1 | 2\ninterface C { d(a: 3, b: 4): void }", []],
]

for (const [source, expected] of cases) {
  test(`the wrong changes of ${JSON.stringify(source)}`, () => {
    assert.deepEqual(changes(source), expected)
  })
}

test('the same seed chooses the same changes, every kind in turn', () => {
  const source = 'if (a) b()\n'.repeat(50) + 'f(x, y)\n'
  const mutants = mutantsOf(source).map((mutant) => ({ ...mutant, file: 'a.ts' }))
  const some = choose(mutants, { count: 9, seed: 7 })
  assert.equal(some.length, 9)
  assert.deepEqual(choose(mutants, { count: 9, seed: 7 }), some)
  assert.notDeepEqual(choose(mutants, { count: 9, seed: 8 }), some)
  assert.ok(some.some(({ kind }) => kind === 'swapped arguments'))
  assert.equal(choose(mutants, { count: 1000, seed: 1 }).length, mutants.length)
})

test('the tests of a file are those that reach it, the nearest first', () => {
  const root = join(import.meta.dirname, '..', '..')
  const files = ['mutants.ts', 'selection.ts', 'mutants.test.ts', 'mutate.ts', 'dependents.ts']
  const dependents = readDependents(
    root,
    files.map((file) => `test/mutation/${file}`),
  )
  assert.deepEqual(dependents.testsOf('test/mutation/mutants.ts'), [
    'test/mutation/mutants.test.ts',
  ])
  assert.deepEqual(dependents.testsOf('test/mutation/mutate.ts'), [])
})

test('a file that a thread is started from is reached by who starts it', () => {
  const root = join(import.meta.dirname, '..', '..')
  const files = ['writer-worker.ts', 'writer-thread.ts', 'sqlite-store.ts', 'sqlite-store.test.ts']
  const dependents = readDependents(
    root,
    files.map((file) => `src/store/sqlite/${file}`),
  )
  assert.deepEqual(dependents.testsOf('src/store/sqlite/writer-worker.ts'), [
    'src/store/sqlite/sqlite-store.test.ts',
  ])
  const desk = ['report-worker.ts', 'reports.ts', 'reports.test.ts'].map((one) => `src/desk/${one}`)
  assert.deepEqual(readDependents(root, desk).testsOf('src/desk/report-worker.ts'), [
    'src/desk/reports.test.ts',
  ])
})
