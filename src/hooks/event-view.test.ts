import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JourneyRow } from '../store/ports/journeys.ts'
import { eventView } from './event-view.ts'
import { type MailEvent, mostText } from './mail-event.ts'

const row: JourneyRow = {
  id: '1m8cf4q4',
  startedAt: 1_000,
  direction: 'in',
  status: 'refused',
  summary: 's'.repeat(mostText + 1),
  mailFrom: 'ann@north.example',
  rcptTo: Array.from({ length: 60 }, (_, n) => `r${n}@south.example`),
  author: 'ann@north.example',
  subject: 't'.repeat(mostText + 1),
  headerMessageId: '',
  writtenAt: 1_000,
}

const event: MailEvent = {
  id: 'evt_1m8cf4q4_1',
  type: 'message.refused',
  at: 2_000,
  row,
  detail: { code: 550 },
}

test('an event names few recipients, and says how many there are', () => {
  const view = eventView(event, '')
  assert.equal(view['recipients'], 60)
  assert.deepEqual(view['rcpt_to'], row.rcptTo.slice(0, 50))
})

test('texts of strangers are cut: the journey has all of them', () => {
  const view = eventView(event, '')
  assert.equal(view['subject'], 't'.repeat(mostText))
  assert.equal(view['summary'], 's'.repeat(mostText))
  assert.equal(view['journey'], '/v1/messages/1m8cf4q4/journey')
})

test('the name of an event is its own at each site, and stays as it is where there is one', () => {
  assert.equal(eventView(event, '').event_id, 'evt_1m8cf4q4_1')
  assert.equal(eventView(event, 'south').event_id, 'evt_1m8cf4q4_1_south')
  assert.equal(eventView(event, 'south').site, 'south')
})

test('an event about no letter has its details alone', () => {
  const held: MailEvent = { id: 'evt_act_7', type: 'message.held', at: 0, detail: { who: 'ann' } }
  assert.deepEqual(eventView(held, ''), {
    type: 'message.held',
    event_id: 'evt_act_7',
    site: '',
    at: '1970-01-01T00:00:00.000Z',
    who: 'ann',
  })
})
