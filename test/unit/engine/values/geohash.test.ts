import {expect} from 'chai'
import {distanceInside, searchSpans} from '../../../../src/engine/values/geo-search.js'
import {
  decodePoint,
  distanceMeters,
  encodePoint,
  geohashText,
  isValidPoint,
} from '../../../../src/engine/values/geohash.js'

const palermo = {longitude: 13.361389, latitude: 38.115556}
const catania = {longitude: 15.087269, latitude: 37.502669}

describe('values/geohash', () => {
  it('scores places as Redis does', () => {
    expect([encodePoint(palermo), encodePoint(catania)]).to.deep.equal([3479099956230698, 3479447370796909])
  })

  it('decodes a score to the middle of its cell', () => {
    const {longitude, latitude} = decodePoint(3479099956230698)
    expect([longitude, latitude]).to.deep.equal([13.361389338970184, 38.1155563954963])
  })

  it('tells distances as GEODIST does', () => {
    const [a, b] = [palermo, catania].map((place) => decodePoint(encodePoint(place)))
    expect(distanceMeters(a!, b!).toFixed(4)).to.equal('166274.1516')
  })

  it('writes the common geohash', () => {
    expect([palermo, catania].map((place) => geohashText(encodePoint(place)))).to.deep.equal([
      'sqc8b49rny0',
      'sqdtr74hyu0',
    ])
  })

  it('knows where the map ends', () => {
    expect(isValidPoint({longitude: 180, latitude: -85.05112878})).to.be.true
    expect([
      isValidPoint({longitude: 180.1, latitude: 0}),
      isValidPoint({longitude: 0, latitude: 85.06}),
    ]).to.deep.equal([false, false])
  })
})

describe('values/geo-search', () => {
  const center = {longitude: 15, latitude: 37}

  it('covers what is within reach, and little else', () => {
    const spans = searchSpans(center, {kind: 'circle', radius: 200_000})
    const covers = (score: number): boolean => spans.some(({min, max}) => score >= min && score < max)
    expect([palermo, catania].map((place) => covers(encodePoint(place)))).to.deep.equal([true, true])
    expect(covers(encodePoint({longitude: -100, latitude: 37}))).to.be.false
  })

  it('measures inside a circle or a box', () => {
    const place = decodePoint(encodePoint(palermo))
    expect(distanceInside(center, {kind: 'circle', radius: 200_000}, place)!.toFixed(4)).to.equal('190442.4298')
    expect(distanceInside(center, {kind: 'circle', radius: 190_000}, place)).to.equal(undefined)
    expect(distanceInside(center, {kind: 'box', width: 300_000, height: 300_000}, place)!.toFixed(4)).to.equal(
      '190442.4298',
    )
    expect(distanceInside(center, {kind: 'box', width: 100_000, height: 300_000}, place)).to.equal(undefined)
    expect(distanceInside(center, {kind: 'box', width: 300_000, height: 100_000}, place)).to.equal(undefined)
  })

  it('looks through no cell twice when the whole world is asked for', () => {
    const spans = searchSpans(center, {kind: 'circle', radius: 30_000_000})
    expect(new Set(spans.map(({min}) => min)).size).to.equal(4)
  })
})
