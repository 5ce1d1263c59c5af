import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { near } from './near.ts'

const takenUpTo =
  (last: number) =>
  (port: number): Promise<number> => {
    if (port !== 0 && port > last) return Promise.resolve(port)
    return Promise.reject(new WaybillError('port-taken', `Port ${port} is taken.`))
  }

test('the next free port behind one that is taken is used', async () => {
  assert.equal(await near({ taken: 'next' }, 'smtp', 1025, takenUpTo(1024)), 1025)
  assert.equal(await near({ taken: 'next' }, 'smtp', 1025, takenUpTo(1028)), 1029)
  assert.equal(await near({ taken: 'next' }, 'smtp', 1025, takenUpTo(1044)), 1045)
})

test('after twenty ports behind it, with strict ports, or with any port, it gives up', async () => {
  await assert.rejects(near({ taken: 'next' }, 'smtp', 1025, takenUpTo(1045)), /Port 1045 is taken/)
  await assert.rejects(
    near({ taken: 'strict' }, 'smtp', 1025, takenUpTo(1025)),
    /Port 1025 is taken/,
  )
  await assert.rejects(near({ taken: 'next' }, 'smtp', 0, takenUpTo(1)), /Port 0 is taken/)
})

test('another fault than a taken port is told at once', async () => {
  const broken = (): Promise<never> => Promise.reject(new Error('no network'))
  await assert.rejects(near({ taken: 'next' }, 'smtp', 1025, broken), /no network/)
})

test('a port that was named is not replaced, the others are', async () => {
  const options = { taken: 'next', named: new Set(['dns'] as const) } as const
  await assert.rejects(near(options, 'dns', 1053, takenUpTo(1053)), /Port 1053 is taken/)
  assert.equal(await near(options, 'smtp', 1025, takenUpTo(1025)), 1026)
})
