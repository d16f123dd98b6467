/** Places, distances and units as arguments. */
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {type GeoPoint, isValidPoint} from '../values/geohash.js'
import {type GeoShape} from '../values/geo-search.js'
import {floatOrReply} from './arguments.js'

const METERS_PER_UNIT: Readonly<Record<string, number>> = {m: 1, km: 1000, ft: 0.3048, mi: 1609.34}

/** A shape in meters, and how many meters the unit of its words has. */
export interface MeasuredShape {
  readonly shape: GeoShape
  readonly metersPerUnit: number
}

export function unitOrReply(call: Call, word: Bytes): number | undefined {
  const meters = METERS_PER_UNIT[word.toLowerCase()]
  if (meters === undefined) call.reply.error('ERR unsupported unit provided. please use M, KM, FT, MI')
  return meters
}

/** Longitude and latitude, the words at `at` and behind it. */
export function pointOrReply(call: Call, at: number): GeoPoint | undefined {
  const longitude = floatOrReply(call, at)
  const latitude = longitude === undefined ? undefined : floatOrReply(call, at + 1)
  if (longitude === undefined || latitude === undefined) return undefined
  if (isValidPoint({longitude, latitude})) return {longitude, latitude}
  call.reply.error(`ERR invalid longitude,latitude pair ${sixDecimals(longitude)},${sixDecimals(latitude)}`)
  return undefined
}

/** C's %f. */
function sixDecimals(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`
}

/** `radius unit`. */
export function circleOrReply(call: Call, at: number): MeasuredShape | undefined {
  const radius = floatOrReply(call, at, 'ERR need numeric radius')
  if (radius === undefined) return undefined
  if (radius < 0) {
    call.reply.error('ERR radius cannot be negative')
    return undefined
  }
  const metersPerUnit = unitOrReply(call, call.argv[at + 1]!)
  if (metersPerUnit === undefined) return undefined
  return {shape: {kind: 'circle', radius: radius * metersPerUnit}, metersPerUnit}
}

/** `width height unit`. */
export function boxOrReply(call: Call, at: number): MeasuredShape | undefined {
  const width = floatOrReply(call, at, 'ERR need numeric width')
  const height = width === undefined ? undefined : floatOrReply(call, at + 1, 'ERR need numeric height')
  if (width === undefined || height === undefined) return undefined
  if (width < 0 || height < 0) {
    call.reply.error('ERR height or width cannot be negative')
    return undefined
  }
  const metersPerUnit = unitOrReply(call, call.argv[at + 2]!)
  if (metersPerUnit === undefined) return undefined
  return {shape: {kind: 'box', width: width * metersPerUnit, height: height * metersPerUnit}, metersPerUnit}
}
