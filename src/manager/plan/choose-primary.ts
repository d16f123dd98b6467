/** Which primary gets the next replica when nobody says. */
import type {Primary} from '../view/topology.js'

/**
 * The one with the fewest replicas; of those the first that lives on another host than the replica, else the first.
 * redis-cli takes the first of those with the fewest.
 *
 * @param replicas how many a primary has by now
 */
export function leastReplicated(
  primaries: readonly Primary[],
  replicaHost: string,
  replicas: (primary: Primary) => number = (primary) => primary.replicas.length,
): Primary | undefined {
  const fewest = Math.min(...primaries.map(replicas))
  const candidates = primaries.filter((primary) => replicas(primary) === fewest)
  return candidates.find((primary) => primary.address.host !== replicaHost) ?? candidates[0]
}
