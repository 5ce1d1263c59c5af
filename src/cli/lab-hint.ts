import { places } from '../lab/places.ts'

/** The lab's own name server, at the port that it takes where nobody says another. */
const labServer = '127.0.0.1:1053'

/**
 * What to say where the DNS of the machine knows nothing of a domain that is one of the lab: nobody
 * but the lab's name server does.
 *
 * @param destination in lower case
 * @param command     what was called, without options
 * @returns `undefined` for domains of others
 */
export function labHint(destination: string, command: string): string | undefined {
  const domain = Object.values(places).find((place) => {
    return destination === place.domain || destination.endsWith(`.${place.domain}`)
  })?.domain
  if (domain === undefined) return undefined
  return `${domain} is a domain of the lab, and the DNS of this machine does not know it. To ask a lab that runs: ${command} --server ${labServer}`
}
