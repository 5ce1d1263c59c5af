import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { Places } from './listener.ts'

test('a place is free when its socket is gone, also when nobody told us', () => {
  const freed: string[] = []
  const places = new Places(() => freed.push('free'))
  const [one, two] = [new Socket(), new Socket()]
  places.take(one, () => freed.push('one'))
  places.take(two, () => freed.push('two'))
  assert.equal(places.taken, 2)
  places.sweep()
  assert.deepEqual([places.taken, freed], [2, []])
  one.removeAllListeners()
  one.destroy()
  places.sweep()
  assert.deepEqual([places.taken, freed], [1, ['one', 'free']])
  places.sweep()
  assert.deepEqual(freed, ['one', 'free'])
})

test('the end of a socket frees its place by itself, once', async () => {
  let left = 0
  const places = new Places()
  const socket = new Socket()
  places.take(socket, () => left++)
  const gone = new Promise((resolve) => socket.once('close', resolve))
  socket.destroy()
  await gone
  assert.deepEqual([places.taken, left], [0, 1])
  places.sweep()
  assert.equal(left, 1)
})

test('a place that is kept for a socket elsewhere outlives it here, and is given back once', () => {
  let left = 0
  const places = new Places()
  const socket = new Socket()
  places.take(socket, () => left++)
  const leave = places.keep(socket)
  socket.destroy()
  socket.emit('close')
  places.sweep()
  assert.deepEqual([places.taken, left], [1, 0])
  leave()
  leave()
  assert.deepEqual([places.taken, left], [0, 1])
  places.keep(socket)()
  assert.equal(left, 1, 'a socket without a place has none to keep')
})
