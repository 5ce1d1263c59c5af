import { storeFull } from '../problems.ts'
import { storeContract } from '../contract.ts'
import { faultPlan } from '../fault-plan.ts'
import { openMemoryStore } from './memory-store.ts'

storeContract('memory', (options = {}) => {
  const plan = faultPlan(() => storeFull())
  const store = openMemoryStore({ beforeChange: plan.step, ...options })
  const { failFrom, failOnce, heal } = plan
  return Promise.resolve({ store, failFrom, failOnce, heal, dispose: () => store.close() })
})
