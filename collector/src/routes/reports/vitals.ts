import { Type } from '@sinclair/typebox'
import { PAGINATION } from '../../http/api/answer-schemas.js'
import { oneOf, orNull } from '../../http/fields.js'
import { type VitalFigures, VITALS, VITALS_DIMENSIONS, type VitalsRow } from '../../reports/report-store.js'
import { defineReport, paginate } from './define-report.js'

// A percentile of fewer samples says more about single visitors than about the page.
const MIN_SAMPLES = 20

const FIGURES = Type.Object({
  samples: Type.Integer({ description: 'Navigations with this metric.' }),
  p75: orNull(
    Type.Number(),
    `75th percentile: milliseconds, for cls without a unit; null with fewer than ${MIN_SAMPLES} samples.`,
  ),
  good: orNull(Type.Number(), 'Percent of the samples rated good.'),
  needs_improvement: orNull(Type.Number(), 'Percent of the samples that need improvement.'),
  poor: orNull(Type.Number(), 'Percent of the samples rated poor.'),
})
const METRICS = Object.fromEntries(VITALS.map((vital) => [vital, FIGURES]))
const ROW = Type.Object({
  name: Type.String({ description: 'The page (URL), device … Empty where it is unknown.' }),
  navigations: Type.Integer({ description: 'Page loads and soft navigations with metrics.' }),
  ...METRICS,
})
const TABLE_ROW = Type.Object({
  name: ROW.properties.name,
  navigations: ROW.properties.navigations,
  ...Object.fromEntries(
    VITALS.flatMap((vital) =>
      Object.entries(FIGURES.properties).map(([name, schema]) => [`${vital}_${name}`, schema]),
    ),
  ),
})

const EXAMPLE = {
  navigations: 412,
  lcp: { samples: 398, p75: 2310, good: 78.4, needs_improvement: 14.3, poor: 7.3 },
  inp: { samples: 254, p75: 168, good: 81.9, needs_improvement: 13, poor: 5.1 },
  cls: { samples: 412, p75: 0.06, good: 84.7, needs_improvement: 9.5, poor: 5.8 },
  fcp: { samples: 398, p75: 1480, good: 82.9, needs_improvement: 11.1, poor: 6 },
  ttfb: { samples: 12, p75: null, good: null, needs_improvement: null, poor: null },
}

type Json = Record<string, unknown>

export const readVitals = defineReport({
  path: '/analytics/{id}/vitals',
  operationId: 'readVitals',
  summary: 'Web vitals of the period, in total and by page, device, country, browser or type of navigation',
  description:
    'Rows are sorted by navigations. Metrics count at the time of their event; docs/capture.md says which browsers measure what.',
  paging: { rows: 10 },
  query: {
    by: Type.Optional(oneOf(VITALS_DIMENSIONS, { description: 'Default: page.' })),
  },
  data: Type.Object({
    by: oneOf(VITALS_DIMENSIONS),
    total: Type.Object({ navigations: ROW.properties.navigations, ...METRICS }),
    rows: Type.Array(ROW),
    pagination: PAGINATION,
  }),
  example: {
    by: 'page',
    total: EXAMPLE,
    rows: [{ name: 'https://example.com/pricing', ...EXAMPLE }],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: TABLE_ROW, read: (data) => (data as { rows: Json[] }).rows.map(flatten) },
  async answer(call) {
    const { services, scope, limit, offset, query } = call
    const by = query.by ?? 'page'
    const [[total], found] = await Promise.all([
      services.reports.vitals(scope, { by: undefined, slice: { limit: 1, offset: 0 } }),
      services.reports.vitals(scope, { by, slice: { limit: limit + 1, offset } }),
    ])
    return {
      data: {
        by,
        total: { navigations: total?.navigations ?? 0, ...toMetricsJson(total) },
        rows: found.slice(0, limit).map((row) => ({
          name: row.name,
          navigations: row.navigations,
          ...toMetricsJson(row),
        })),
        pagination: paginate(call, found.length > limit, offset + limit),
      },
    }
  },
})

const NONE: VitalFigures = { samples: 0, p75: 0, good: 0, needsImprovement: 0, poor: 0 }

function toMetricsJson(row: VitalsRow | undefined): Json {
  return Object.fromEntries(VITALS.map((vital) => [vital, toFiguresJson(row?.[vital] ?? NONE, vital)]))
}

function toFiguresJson({ samples, p75, good, needsImprovement, poor }: VitalFigures, vital: string): Json {
  const isKnown = samples >= MIN_SAMPLES
  const percent = (count: number) => (isKnown ? Math.round((1_000 * count) / samples) / 10 : null)
  const digits = vital === 'cls' ? 1_000 : 1
  return {
    samples,
    p75: isKnown ? Math.round(p75 * digits) / digits : null,
    good: percent(good),
    needs_improvement: percent(needsImprovement),
    poor: percent(poor),
  }
}

/** Converts a row to a row of a table, whose columns are not nested. */
function flatten({ name, navigations, ...metrics }: Json): Json {
  const columns = VITALS.flatMap((vital) =>
    Object.entries(metrics[vital] as Json).map(([figure, value]) => [`${vital}_${figure}`, value]),
  )
  return { name, navigations, ...(Object.fromEntries(columns) as Json) }
}
