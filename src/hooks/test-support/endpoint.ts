import type { HookEndpoint } from '../../store/ports/hooks.ts'

/** One that is on and wants everything. */
export const endpoint: HookEndpoint = {
  id: 'wh_1',
  url: 'https://hooks.example/',
  description: '',
  events: [],
  secrets: ['whsec_AAAA'],
  createdAt: 0,
  since: 0,
  off: '',
}
