/** Which ranges of scores hold the points near a place: nine cells of a grid just coarse enough, less those out of reach. */
import {
  areaOf,
  cellOf,
  cellScore,
  degrees,
  distanceMeters,
  EARTH_RADIUS_METERS,
  GEOHASH_STEPS,
  radians,
  type GeoArea,
  type GeoCell,
  type GeoPoint,
} from './geohash.js'

/** What GEOSEARCH looks through; meters. */
export type GeoShape =
  | {readonly kind: 'circle'; readonly radius: number}
  | {readonly kind: 'box'; readonly width: number; readonly height: number}

/** Scores from `min` up to, not including, `max`. */
export interface ScoreSpan {
  readonly min: number
  readonly max: number
}

/** Half the equator in Mercator's projection: at step 1 a cell is this wide. */
const MERCATOR_MAX = 20037726.37
/** The cell itself and its neighbours, in the order in which Redis looks through them: the order of unsorted replies. */
const AROUND: readonly (readonly [east: number, north: number])[] = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
]

/** The spans that hold every point of a shape around a center (and others: see `distanceInside`). */
export function searchSpans(center: GeoPoint, shape: GeoShape): ScoreSpan[] {
  const bounds = boundingBox(center, shape)
  let steps = stepsFor(reachOf(shape), center.latitude)
  if (steps > 1 && !covers(cellOf(center, steps), bounds)) steps--
  const cell = cellOf(center, steps)
  const area = areaOf(cell)
  const spans: ScoreSpan[] = []
  for (const [east, north] of AROUND) {
    if (steps >= 2 && isOutOfReach(east, north, area, bounds)) continue
    const span = spanOf(moved(cell, east, north))
    // In a coarse grid going round the world leads to the same cell again.
    if (spans.at(-1)?.min !== span.min) spans.push(span)
  }
  return spans
}

/** Meters from the center to a point if the shape holds it; else undefined. */
export function distanceInside(center: GeoPoint, shape: GeoShape, point: GeoPoint): number | undefined {
  if (shape.kind === 'box') {
    if (EARTH_RADIUS_METERS * Math.abs(radians(point.latitude) - radians(center.latitude)) > shape.height / 2) {
      return undefined
    }
    const across = distanceMeters(point, {longitude: center.longitude, latitude: point.latitude})
    return across > shape.width / 2 ? undefined : distanceMeters(center, point)
  }
  const distance = distanceMeters(center, point)
  return distance > shape.radius ? undefined : distance
}

/** The farthest that a shape reaches from its center. */
function reachOf(shape: GeoShape): number {
  if (shape.kind === 'circle') return shape.radius
  return Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2))
}

/** How fine a grid may be for nine cells to cover a reach; meridians crowd towards the poles. */
function stepsFor(reachMeters: number, latitude: number): number {
  if (reachMeters === 0) return GEOHASH_STEPS
  let steps = 1
  for (let reach = reachMeters; reach < MERCATOR_MAX; reach *= 2) steps++
  steps -= 2
  if (Math.abs(latitude) > 66) steps--
  if (Math.abs(latitude) > 80) steps--
  return Math.min(Math.max(steps, 1), GEOHASH_STEPS)
}

/** The degrees a shape spans; the side nearer the pole is the wider one. */
function boundingBox({longitude, latitude}: GeoPoint, shape: GeoShape): GeoArea {
  const height = shape.kind === 'circle' ? shape.radius : shape.height / 2
  const width = shape.kind === 'circle' ? shape.radius : shape.width / 2
  const latitudeDelta = degrees(height / EARTH_RADIUS_METERS)
  const widest = latitude < 0 ? latitude - latitudeDelta : latitude + latitudeDelta
  const longitudeDelta = degrees(width / EARTH_RADIUS_METERS / Math.cos(radians(widest)))
  return {
    west: longitude - longitudeDelta,
    east: longitude + longitudeDelta,
    south: latitude - latitudeDelta,
    north: latitude + latitudeDelta,
  }
}

/** Whether a cell and its neighbours reach as far as the bounds on all four sides. */
function covers(cell: GeoCell, bounds: GeoArea): boolean {
  return (
    areaOf(moved(cell, 0, 1)).north >= bounds.north &&
    areaOf(moved(cell, 0, -1)).south <= bounds.south &&
    areaOf(moved(cell, 1, 0)).east >= bounds.east &&
    areaOf(moved(cell, -1, 0)).west <= bounds.west
  )
}

/** Whether the center's own cell reaches beyond the bounds on the side where this neighbour lies. */
function isOutOfReach(east: number, north: number, area: GeoArea, bounds: GeoArea): boolean {
  return (
    (north < 0 && area.south < bounds.south) ||
    (north > 0 && area.north > bounds.north) ||
    (east < 0 && area.west < bounds.west) ||
    (east > 0 && area.east > bounds.east)
  )
}

/**
 * The neighbour so many cells away, round the world if need be. Only what moves goes round: at longitude 180 exactly a center lies in
 * a column past the last, and there lie the points of that longitude (see `cellScore`).
 */
function moved({column, row, steps}: GeoCell, east: number, north: number): GeoCell {
  const cells = 2 ** steps
  return {
    column: east === 0 ? column : (column + east + cells) % cells,
    row: north === 0 ? row : (row + north + cells) % cells,
    steps,
  }
}

function spanOf(cell: GeoCell): ScoreSpan {
  const min = cellScore(cell)
  return {min, max: min + 4 ** (GEOHASH_STEPS - cell.steps)}
}
