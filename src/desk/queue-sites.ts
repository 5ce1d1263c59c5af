import { member, notMeant, type Operation } from './act.ts'

/** What the desk needs to say which mail servers destinations lead to. */
export interface SitesPart {
  /**
   * The site of each of these destinations, in their order: the names of its mail servers with spaces
   * between, as `siteOf` gives them. A destination that nothing went to yet is a site of its own.
   */
  sites(destinations: readonly string[]): readonly string[]
}

/** Asked by `waybill queue shape --by site`: only the server that runs knows it. */
export const queueSites: Operation<SitesPart, readonly string[], readonly string[]> = {
  name: 'queue sites',
  read: (input) => {
    const destinations = member(input, 'destinations')
    if (Array.isArray(destinations)) return destinations.map(String)
    throw notMeant('queue sites', '"destinations", a list of names')
  },
  run: (desk, destinations) => Promise.resolve(desk.sites(destinations)),
}
