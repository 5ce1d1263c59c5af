import type { Zone } from '../../src/dns/zone-table.ts'
import { clientIps, world } from './namespaces.ts'

/** What DNS says in the world. */
export const zone: Zone = {
  'stranger.example': {
    TXT: [`v=spf1 ${clientIps.map((ip) => `ip4:${ip}`).join(' ')} -all`.match(/.{1,255}/g) ?? []],
  },
  '_dmarc.stranger.example': { TXT: ['v=DMARC1; p=reject'] },
  'forged.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.forged.example': { TXT: ['v=DMARC1; p=reject'] },
  'good.example': { MX: ['10 mx.good.example'] },
  'mx.good.example': { A: [world.ip] },
  'polite.example': { MX: ['10 mx.polite.example'] },
  'mx.polite.example': { A: [clientIps[0] ?? ''] },
  'hostile.example': { MX: ['10 mx.hostile.example'] },
  'mx.hostile.example': { A: [clientIps[1] ?? ''] },
  'rude.example': { MX: ['10 mx.rude.example'] },
  'mx.rude.example': { A: [clientIps[2] ?? ''] },
}
