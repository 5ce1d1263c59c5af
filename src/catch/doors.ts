/** How people and programs come to a lab or a catcher that runs. */
export interface Doors {
  /** The port of the page and the API. */
  readonly http: number
  close(): Promise<void>
}

interface Closing {
  close(): Promise<void>
}

/** Opens the page behind a socket for commands that is open; both are closed, whatever happens. */
export async function openDoors(
  control: Closing | undefined,
  openPage: () => Promise<Closing & { readonly port: number }>,
): Promise<Doors> {
  try {
    const page = await openPage()
    return {
      http: page.port,
      async close() {
        await Promise.all([control?.close(), page.close()])
      },
    }
  } catch (problem) {
    await control?.close()
    throw problem
  }
}
