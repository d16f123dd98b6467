/** Places on Earth as 52-bit numbers that sort nearby places together: the scores of a geo index, as Redis computes them. */

/** Degrees; the latitudes are Mercator's limits. */
export const LONGITUDE_LIMIT = 180
export const LATITUDE_LIMIT = 85.05112878
export const EARTH_RADIUS_METERS = 6372797.560856

export const GEOHASH_STEPS = 26
const HALF_STEPS = 13
const HALF_MASK = 0x1fff
const TWO_TO_26 = 2 ** 26
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'
const TEXT_LENGTH = 11

export interface GeoPoint {
  readonly longitude: number
  readonly latitude: number
}

/** A cell of the grid that halves the world `steps` times each way; columns count eastwards, rows northwards. */
export interface GeoCell {
  readonly column: number
  readonly row: number
  readonly steps: number
}

export interface GeoArea {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

/** Whether GEOADD takes it. */
export function isValidPoint({longitude, latitude}: GeoPoint): boolean {
  return Math.abs(longitude) <= LONGITUDE_LIMIT && Math.abs(latitude) <= LATITUDE_LIMIT
}

/** The score of a point. */
export function encodePoint(point: GeoPoint): number {
  return cellScore(cellOf(point, GEOHASH_STEPS))
}

/** The middle of the cell a score stands for: what GEOPOS tells. */
export function decodePoint(score: number): GeoPoint {
  const {west, east, south, north} = areaOf(cellFromScore(score))
  return {
    longitude: clamp((west + east) / 2, LONGITUDE_LIMIT),
    latitude: clamp((south + north) / 2, LATITUDE_LIMIT),
  }
}

/** The cell of a grid in which a point lies. */
export function cellOf({longitude, latitude}: GeoPoint, steps: number, latitudeLimit = LATITUDE_LIMIT): GeoCell {
  const cells = 2 ** steps
  const column = Math.trunc(((longitude + LONGITUDE_LIMIT) / (2 * LONGITUDE_LIMIT)) * cells)
  const row = Math.trunc(((latitude + latitudeLimit) / (2 * latitudeLimit)) * cells)
  return {column, row, steps}
}

export function areaOf({column, row, steps}: GeoCell): GeoArea {
  const cells = 2 ** steps
  return {
    west: -LONGITUDE_LIMIT + (column / cells) * (2 * LONGITUDE_LIMIT),
    east: -LONGITUDE_LIMIT + ((column + 1) / cells) * (2 * LONGITUDE_LIMIT),
    south: -LATITUDE_LIMIT + (row / cells) * (2 * LATITUDE_LIMIT),
    north: -LATITUDE_LIMIT + ((row + 1) / cells) * (2 * LATITUDE_LIMIT),
  }
}

/** The lowest score inside a cell: columns' and rows' bits take turns, a column's bit standing above its row's. */
export function cellScore({column, row, steps}: GeoCell): number {
  const [x, y] = [column * 2 ** (GEOHASH_STEPS - steps), row * 2 ** (GEOHASH_STEPS - steps)]
  // A column one past the last (longitude 180 exactly) overflows into bits above, as it does in Redis.
  const high = interleave(Math.floor(x / 2 ** HALF_STEPS), Math.floor(y / 2 ** HALF_STEPS))
  return high * TWO_TO_26 + interleave(x & HALF_MASK, y & HALF_MASK)
}

function cellFromScore(score: number): GeoCell {
  const high = Math.floor(score / TWO_TO_26)
  const low = score % TWO_TO_26
  const row = evenBits(high) * 2 ** HALF_STEPS + evenBits(low)
  const column = evenBits(high >>> 1) * 2 ** HALF_STEPS + evenBits(low >>> 1)
  return {column, row, steps: GEOHASH_STEPS}
}

/** The text of GEOHASH: eleven characters of the common geohash, whose latitudes reach to the poles. */
export function geohashText(score: number): string {
  const standard = cellScore(cellOf(decodePoint(score), GEOHASH_STEPS, 90))
  let text = ''
  // 52 bits fill ten characters and two bits; Redis writes the eleventh as if they were zero.
  for (let at = 1; at < TEXT_LENGTH; at++) {
    text += ALPHABET[Math.floor(standard / 2 ** (2 * GEOHASH_STEPS - at * 5)) % 32]!
  }
  return text + ALPHABET[0]!
}

/** Meters between two points on a sphere (haversine). */
export function distanceMeters(a: GeoPoint, b: GeoPoint): number {
  const v = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2)
  const [aLatitude, bLatitude] = [radians(a.latitude), radians(b.latitude)]
  const u = Math.sin((bLatitude - aLatitude) / 2)
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(u * u + Math.cos(aLatitude) * Math.cos(bLatitude) * v * v))
}

export function radians(degrees: number): number {
  return degrees * (Math.PI / 180)
}

export function degrees(angle: number): number {
  return angle / (Math.PI / 180)
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit)
}

/** Spreads two numbers of up to 15 bits so that `odd`'s bits stand above `even`'s. */
function interleave(odd: number, even: number): number {
  return ((spread(odd) << 1) | spread(even)) >>> 0
}

function spread(bits: number): number {
  let word = bits & 0xffff
  word = (word | (word << 8)) & 0x00ff00ff
  word = (word | (word << 4)) & 0x0f0f0f0f
  word = (word | (word << 2)) & 0x33333333
  return (word | (word << 1)) & 0x55555555
}

/** Every second bit, the lowest first. */
function evenBits(bits: number): number {
  let word = bits & 0x55555555
  word = (word | (word >>> 1)) & 0x33333333
  word = (word | (word >>> 2)) & 0x0f0f0f0f
  word = (word | (word >>> 4)) & 0x00ff00ff
  return (word | (word >>> 8)) & 0xffff
}
