interface BodyParts {
  id: string
  event: string
  /** ms since the epoch. */
  at: number
  /** As JSON. */
  data: string
}

/** The text that is sent: what `JSON.stringify` makes of `{ id, event, timestamp, data }`, because receivers parse it, write it again and compare. */
export function writeBody({ id, event, at, data }: BodyParts): string {
  return `{"id":${JSON.stringify(id)},"event":${JSON.stringify(event)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`
}
