import { listen, type Kind } from './core.js'
import { sendPassive } from './send-passive.js'
import { isPrivate } from './text-of.js'

/** Media that loops has no end: its last `timeupdate` of a round is this close to it. */
const LOOP_END_S = 0.5

/**
 * How far `video` and `audio` elements were played: `video_progress` with `percent` 25, 50, 75 and 100, and the `title` of
 * the element, or else the name of its file. Each once for each source and page load; a mark that the visitor jumps over
 * is not reached. Live streams have no marks.
 */
export const video: Kind = () => {
  /** Positions at the last event by source, in s, and whether a mark of a source was reached. */
  const state: Record<string, number> = {}
  // They do not bubble, but are seen in the capture phase.
  ;['play', 'timeupdate', 'seeking', 'ended'].forEach((type) =>
    listen(type, (_event, path) => {
      const media = path[0] as HTMLMediaElement
      const source = media.currentSrc
      if (!source || isPrivate(media)) return
      const position = media.ended ? media.duration : media.currentTime
      const last = state[source] ?? position
      state[source] = position
      if (!media.seeking)
        [25, 50, 75, 100].forEach((percent) => {
          const mark = (media.duration * percent) / 100 - (media.loop && percent > 75 ? LOOP_END_S : 0)
          if (last < mark && mark <= position && !state[percent + source]) {
            state[percent + source] = 1
            sendPassive('video_progress', {
              percent,
              title: media.getAttribute('title') || /^http[^?#]*\/([^?#]+)/.exec(source)?.[1] || '',
            })
          }
        })
    }),
  )
}
