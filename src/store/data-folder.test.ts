import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { test } from 'node:test'
import { openReadOnlyStore } from './sqlite/sqlite-reader.ts'
import { openSqliteStore } from './sqlite/sqlite-store.ts'
import { verifyStore } from './sqlite/verify-store.ts'
import { testFolder } from './test-folder.ts'

/** Does it as somebody who may not look into `folder`; root may look everywhere. */
function asAnother<T>(folder: string, act: () => T): T {
  const isRoot = process.geteuid?.() === 0
  chmodSync(folder, isRoot ? 0o700 : 0)
  if (isRoot) process.seteuid?.(65534)
  try {
    return act()
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(folder, 0o700)
  }
}

test('a data folder of somebody else is not one without data', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  await (await openSqliteStore({ folder })).close()
  const told = { code: 'not-found', message: `You may not read the mail data in ${folder}.` }
  assert.throws(() => asAnother(folder, () => openReadOnlyStore({ folder })), told)
  await assert.rejects(
    asAnother(folder, () => verifyStore({ folder })),
    told,
  )
  openReadOnlyStore({ folder }).close()
})
