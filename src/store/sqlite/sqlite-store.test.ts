import { storeContract } from '../contract.ts'
import type { StoreUnderTest, UnderTestOptions } from '../contract-cases.ts'
import { faultPlan } from '../fault-plan.ts'
import { startLocalWriter } from './local-writer.ts'
import { storeFull } from '../problems.ts'
import { readHere } from './reading.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'

async function openWithFaults(options: UnderTestOptions = {}): Promise<StoreUnderTest> {
  const { folder, remove } = testFolder()
  const { step, failFrom, failOnce, heal } = faultPlan(() => storeFull())
  const store = await openSqliteStore(
    { folder, ...options },
    (setup) => startLocalWriter(setup, step),
    readHere,
  )
  return {
    store,
    failFrom,
    failOnce,
    heal,
    async dispose() {
      await store.close()
      remove()
    },
  }
}

storeContract('sqlite', openWithFaults)
