// Loaded before each test file: every property test starts from one seed, so that a run says the
// same twice. WAYBILL_SEED=random npm test explores, WAYBILL_SEED=12345 npm test goes to a place.
import { registerHooks } from 'node:module'

const seeded = new URL('seeded-fast-check.mjs', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'fast-check' || context.parentURL === seeded) return next(specifier, context)
    return { url: seeded, shortCircuit: true }
  },
})
