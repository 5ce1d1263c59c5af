import type { StepData } from '../steps.ts'

const at = { host: 'mx.south.example', ip: '203.0.113.25', port: 25 }
const openedAt = Date.UTC(2026, 10, 23, 18, 0, 1)

/** Connections that were open already. */
export const sharedSteps: readonly StepData[] = [
  {
    type: 'shared',
    ...at,
    openedAt,
    openedFor: 'another',
    recipients: 1,
    proved: 'verified',
    names: ['mx.south.example'],
    from: '192.0.2.9',
  },
  { type: 'shared', ...at, openedAt, openedFor: 'another', recipients: 12, proved: 'dane' },
  { type: 'shared', ...at, openedAt, openedFor: 'another', recipients: 3, proved: 'encrypted' },
  {
    type: 'shared',
    host: '/run/lmtp',
    ip: '/run/lmtp',
    port: 0,
    openedAt,
    openedFor: 'the-same',
    recipients: 3,
    proved: 'clear',
  },
]
