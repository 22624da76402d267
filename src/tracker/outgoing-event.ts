import type { IngestEvent } from '../contract/wire.js'

/** An event before it is sent. Undefined fields are omitted from the JSON. */
export type OutgoingEvent = { [field in keyof IngestEvent]?: IngestEvent[field] | undefined }
