/** Places and distances as replies. */
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type GeoPoint} from '../values/geohash.js'

/** A distance has four decimals and is a bulk string in RESP3 too. */
export function replyDistance(reply: ReplyWriter, distance: number): void {
  reply.bulk(distance.toFixed(4))
}

export function replyPoint(reply: ReplyWriter, {longitude, latitude}: GeoPoint): void {
  reply.array(2)
  reply.doubleText(degreesText(longitude))
  reply.doubleText(degreesText(latitude))
}

/** C's %.17Lf without the zeros at its end. */
function degreesText(value: number): string {
  const text = value.toFixed(17).replace(/\.?0+$/, '')
  return text === '-0' ? '0' : text
}
