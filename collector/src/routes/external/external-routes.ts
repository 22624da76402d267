import type { ApiRoute } from './api-route.js'
import { listCountries } from './countries.js'
import { listErrorGroups, updateErrorGroup } from './error-groups.js'
import { listEvents, readEvent } from './events.js'
import { readOverview } from './overview.js'
import { listGoals } from './goals.js'
import { listPages } from './pages.js'
import { readRevenue } from './revenue.js'
import { listSources } from './sources.js'
import { readTechnology } from './technology.js'
import { readUsage } from './usage.js'
import { listVisitors, readVisitor } from './visitors.js'
import { listWebsites, readWebsite } from './websites.js'

/** Every route of the External API that wants a key; the document has them in this order. */
export const EXTERNAL_ROUTES: readonly ApiRoute[] = [
  listWebsites,
  readWebsite,
  readOverview,
  listVisitors,
  readVisitor,
  listPages,
  listCountries,
  readTechnology,
  listSources,
  listEvents,
  readEvent,
  readRevenue,
  listGoals,
  listErrorGroups,
  updateErrorGroup,
  readUsage,
]
