import { touchIdentity } from './identity.js'

/** The visitor id, for payment metadata; undefined when cookieless. */
export const getVisitorId = (): string | undefined => touchIdentity().visitor_id
