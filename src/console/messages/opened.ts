/** The message that was opened last: who comes back to the list finds its row again. */
export const opened: { id: string | undefined } = { id: undefined }
