import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf, VISIT_FIGURES } from '../../http/api/answer-schemas.js'
import { orNull } from '../../http/fields.js'
import { countryName } from '../../reports/comparison.js'
import { defineReport, rankVisits, loadRows } from './define-report.js'

/** The country fields of a visit or visitor. They are null if the country is unknown. */
export const COUNTRY = {
  country: orNull(Type.String(), 'Same as country_code.'),
  country_code: orNull(Type.String(), 'ISO 3166.'),
  country_name: orNull(Type.String(), 'In English.'),
}

export const toCountryJson = (code: string) => ({
  country: code || null,
  country_code: code || null,
  country_name: countryName(code),
})

const ROW = rowOf(COUNTRY, VISIT_FIGURES)

export const listCountries = defineReport({
  path: '/analytics/{id}/countries',
  operationId: 'listCountries',
  summary: 'Countries, most visitors first',
  isComparable: true,
  paging: { rows: 10 },
  data: Type.Object({ countries: Type.Array(ROW), pagination: PAGINATION }),
  example: {
    countries: [
      {
        country: 'CH',
        country_code: 'CH',
        country_name: 'Switzerland',
        visitors: 410,
        visits: 522,
        page_views: 1730,
        bounce_rate: 39.5,
        avg_visit_duration: 101.2,
        engaged_rate: 64.1,
        avg_engaged_time: 55.3,
      },
    ],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { countries: Record<string, unknown>[] }).countries },
  async answer(call) {
    const { rows, pagination } = await loadRows(
      call,
      rankVisits(call.services.reports, 'country', toCountryJson),
    )
    return { data: { countries: rows, pagination } }
  },
})
