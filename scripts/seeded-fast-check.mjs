// What a test gets when it imports fast-check under npm test; see property-seed.mjs.
import fc from 'fast-check'

const wish = process.env.WAYBILL_SEED ?? '7208'
if (wish !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wish) })

export * from 'fast-check'
// oxlint-disable-next-line import/no-default-export -- it stands in for a module that has one
export { default } from 'fast-check'
