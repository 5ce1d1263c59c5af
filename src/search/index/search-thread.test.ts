import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { now } from '../../store/contract-cases.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { parseQuery, type Query } from '../query.ts'
import { searchReadOnly } from './read-search.ts'
import { openSearch } from './search-thread.ts'
import { put } from './test-support/indexed-store.ts'

function queryOf(text: string): Query {
  const query = parseQuery(text, now)
  assert.ok(query.ok)
  return query.value
}

test('a thread keeps the index, others may read it, and what is in its place is replaced', async () => {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder })
  const path = dataFolder(folder).search
  writeFileSync(
    path,
    'no database at all, but a text that is longer than the header of one is '.repeat(9),
  )
  const search = openSearch({ folder, told: (problem) => assert.fail(problem) })
  for (const id of ['FIRST111', 'SECOND22']) {
    await put(store, id, { subject: 'apple' })
    const found = await search.search(queryOf('apple'), { limit: 10 })
    assert.equal(found?.rows[0]?.id, id, 'what was acknowledged is found at once')
  }
  const read = await searchReadOnly(folder, queryOf('apple'), { limit: 10 })
  assert.deepEqual(
    read?.rows.map(({ id }) => id),
    ['SECOND22', 'FIRST111'],
  )
  await search.close()
  assert.equal(existsSync(`${path}-wal`), false, 'it is left whole')
  await put(store, 'THIRD333', { subject: 'apple' })
  const later = await searchReadOnly(folder, queryOf('apple'), { limit: 10 })
  assert.equal(later?.rows.length, 3, 'also what came when nobody kept it')
  await store.close()
  remove()
})

test('what a thread that dies was asked is left to others, and after three of them it stays so', async () => {
  const told: string[] = []
  const search = openSearch({ folder: '', told: (problem) => told.push(problem) }, () => {
    return new Worker('process.exit(3)', { eval: true })
  })
  for (let n = 0; n < 6; n++) {
    assert.equal(await search.search(queryOf('apple'), { limit: 10 }), undefined)
  }
  assert.equal(told.filter((problem) => problem.includes('has ended')).length, 3)
  assert.match(told.at(-1) ?? '', /until the next start/)
  await search.close()
})
