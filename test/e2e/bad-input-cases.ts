/**
 * Wrong invocations, one line each: the exit code, the command line, and what stands on standard error. A star: several lines
 * of it, for something was asked or a plan was begun. `{entry}` and the like are addresses and files of the ground; `…` is
 * anything within the line.
 */

export interface BadInput {
  readonly line: string
  readonly code: number
  readonly says: string
  /** More than the one line of an error. */
  readonly talks: boolean
}

/** The words themselves: nothing is sent to any node. */
export const INVOCATIONS: readonly BadInput[] = table(String.raw`
  2  reshrad                                                                  => unknown command "reshrad" (did you mean …tscluster reshard…?
  2  chekc {entry}                                                            => did you mean …tscluster check…?
  2  defragment {entry}                                                       => unknown command "defragment" (see
  2  {entry} check                                                            => unknown command … did you mean …tscluster check
  2  --verbose check {entry}                                                  => unknown flag --verbose
  2  check {entry} --quite                                                    => unknown flag --quite (did you mean --quiet?
  2  info {entry} --parallel                                                  => unknown flag --parallel (see
  2  check {entry} --slots 5                                                  => unknown flag --slots
  2  check {entry} --user                                                     => --user expects a value
  2  create {spare} --replicas 1 --replicas 2                                 => --replicas can only be specified once
  2  check                                                                    => missing: CLUSTER
  2  create                                                                   => missing: NODES
  2  add-node                                                                 => missing: NODE and CLUSTER
  2  check localhost                                                          => "localhost" is not an address
  2  check ""                                                                 => "" is not an address
  2  check 127.0.0.1:0                                                        => "127.0.0.1:0" has no valid port
  2  check 127.0.0.1:65536                                                    => 65536 is not between 1 and 65535
  2  info 127.0.0.1:http                                                      => "127.0.0.1:http" is not an address
  2  create 127.0.0.1:7005-7000                                               => is not a range of ports
  2  check [::zz]:7000                                                        => "::zz" is not an IPv6 address
  2  check redis://me:hunter2@:port                                           => URL cannot be read
  2  check {entry} -t soon                                                    => --connect-timeout wants a duration
  2  check {entry} --reply-timeout=-1                                         => --reply-timeout wants a duration
  2  check {entry} --pass-file /nowhere                                       => cannot read /nowhere
  2  check {entry} --tls --cacert /nowhere                                    => cannot read /nowhere
  2  check {entry} --tls --cacertdir /nowhere                                 => cannot read the folder /nowhere
  2  check {tls} --tls --cacert /etc/hostname                                 => /etc/hostname is not a PEM file
`)

/** Values that no command can work with: still nothing is sent. */
export const VALUES: readonly BadInput[] = table(String.raw`
  2  create {spare} --replicas=-1                                             => --replicas wants a whole number
  2  create {spare} --replicas two                                            => --replicas wants a whole number … "two"
  2  reshard {entry} --from all --to {primary1} --slots 0 --yes               => --slots wants a number from 1 to 16384, not 0
  2  reshard {entry} --from all --to {primary1} --slots=-5 --yes              => --slots wants a number from 1 to 16384, not -5
  2  reshard {entry} --from all --to {primary1} --slots 16385 --yes           => from 1 to 16384, not 16385
  2  reshard {entry} --from all --to {primary1} --slots 1.5 --yes             => not "1.5"
  2  reshard {entry} --from all --to {primary1} --slots many --yes            => not "many"
  2  reshard {entry} --from all --to {primary1} --slots 16380-16384 --yes     => not "16380-16384"
  2  reshard {entry} --from all --to {primary1} --slots 9-3 --yes             => not "9-3"
  2  reshard {entry} --from all --to {primary1} --slots "" --yes              => --slots wants a number
  2  reshard {entry} --from all --to {primary1} --slots 5 --pipeline 0 --yes  => --pipeline wants a whole number
  2  reshard {entry} --from all --to {primary1} --slots 5 --pipeline all --yes => --pipeline … "all"
  2  reshard {entry} --from all --to {primary1} --slots 5 --migrate-timeout 0 --yes => --migrate-timeout wants
  2  reshard {entry} --from all --to {primary1} --slots 5 --timeout 1hour --yes => --timeout wants a duration
  2  rebalance {entry} --weight {entry}=heavy                                 => "heavy" is not a weight
  2  rebalance {entry} --weight {entry}=-1                                    => "-1" is not a weight
  2  rebalance {entry} --weight {entry}=Infinity                              => "Infinity" is not a weight
  2  rebalance {entry} --weight {entry}=                                      => "" is not a weight
  2  rebalance {entry} --threshold low                                        => --threshold wants a percentage
  2  rebalance {entry} --threshold 101                                        => --threshold wants a percentage
  2  add-node {spare} {entry} {entry}                                         => unexpected argument
  2  add-node 127.0.0.1:7000-7001 {entry}                                     => two addresses
  2  del-node {entry}                                                         => del-node wants two words
  2  failover {replica} --force --takeover                                    => --takeover cannot also be provided when using --force
  2  failover {entry} {replica} {replica}                                     => failover wants the replica
  2  import {entry}                                                           => missing: --from
  2  import {entry} --from there                                              => "there" is not an address
  2  import {entry} --from 127.0.0.1:6379-6380                                => --from wants one address
  2  import {entry} --from {standalone} --from-db=-1                          => --from-db wants
  2  call {entry}                                                             => missing: COMMAND
  2  call --only-primaries --only-replicas {entry} ping                       => leave no node
  2  call --only-replicas --only-this {entry} ping                            => contradict each other
  2  set-timeout {entry} long --yes                                           => "long" is not a number of milliseconds
  2  apply /nowhere/plan.json                                                 => cannot read /nowhere/plan.json
  2  apply {text}                                                             => is not a plan
  2  apply {future}                                                           => is not a plan
  2  apply {strangeStep}                                                      => is not a plan … explode
`)

/** Whoever is there is no node, or nobody is there. */
export const PEERS: readonly BadInput[] = table(String.raw`
  4  check {closed} {soon}                                                    => {closed} connection refused
  4  check {blackHole} {soon}                                                 => {blackHole} no connection: nothing answers at this address
  6  check {silent} {soon}                                                    => {silent} INFO: no answer within 500 ms
  6  check {frozen} {soon}                                                    => {frozen} INFO: no answer within 500 ms
  6  check {slow} {soon}                                                      => {slow} INFO: no answer within 500 ms
  6  check {endless} {soon}                                                   => {endless} INFO: no answer within 500 ms
  6  check {half-reply} {soon}                                                => {half-reply} INFO: no answer within 500 ms
  4  check {cut-reply} {soon}                                                 => {cut-reply} closed the connection
  4  check {hangs-up} {soon}                                                  => {hangs-up} closed the connection
  4  check {http} {soon}                                                      => {http} does not speak the Redis protocol
  4  check {garbage} {soon}                                                   => {garbage} does not speak the Redis protocol
  3  check {standalone} {soon}                                                => {standalone} is not configured as a cluster node
  4  check no-such-host.invalid:7000                                          => no-such-host.invalid:7000 host name not found
  4  info {closed} {soon}                                                     => {closed} connection refused
  4  info {http} {soon}                                                       => {http} does not speak the Redis protocol
  4  fix {closed} {soon}                                                      => {closed} connection refused
  3  fix {standalone} {soon}                                                  => {standalone} is not configured as a cluster node
  6  rebalance {silent} {soon}                                                => {silent} INFO: no answer within 500 ms
  3  rebalance {standalone} {soon}                                            => {standalone} is not configured as a cluster node
  4  call {closed} ping {soon}                                                => {closed} connection refused
  4  set-timeout {cut-reply} 5000 --yes {soon}                                => {cut-reply} closed the connection
  6  backup {half-reply} /nowhere/at/all {soon}                               => {half-reply} INFO: no answer within 500 ms
  4  del-node {closed} 0123456789 {soon}                                      => {closed} connection refused
  4  failover {garbage} {soon}                                                => {garbage} does not speak the Redis protocol
  3  create {standalone} {soon}                                               => {standalone} is not configured as a cluster node
  4  create {blackHole} {soon}                                                => {blackHole} no connection: nothing answers at this address
  4  add-node {closed} {entry} --yes                                          => {closed} connection refused
  4  add-node {http} {entry} --yes                                            => {http} does not speak the Redis protocol
  4  create {spare} {spare2} {closed} --yes                                   => {closed} connection refused
  4  import {entry} --from {closed} --copy --yes                              => {closed} connection refused
  6  import {entry} --from {silent} --copy --yes {soon}                       => {silent} INFO: no answer within 500 ms
`)

/** Doors that do not open: passwords, rights, TLS. */
export const DOORS: readonly BadInput[] = table(String.raw`
  4  check {locked}                                                           => {locked} wants a password
  4  check {locked} -a wrong --no-auth-warning                                => {locked}… login refused
  4  REDISCLI_AUTH=wrong info {locked}                                        => {locked}… login refused
  4  check redis://:wrong@{locked}                                            => {locked}… login refused
  4  REDISCLI_AUTH=secret check {entry} --user stranger                       => {entry}… login refused
  3  REDISCLI_AUTH=secret check {entry} --user nobody                         => {entry}… INFO refused: NOPERM
  3* REDISCLI_AUTH=secret reshard {entry} --user onlooker --to {primary1} --slots 0-4 --no-atomic --yes => {primary1} CLUSTER SETSLOT refused: NOPERM
  3* REDISCLI_AUTH=secret failover {replica} --user onlooker --yes            => {replica} CLUSTER FAILOVER refused: NOPERM
  4  check {tls}                                                              => {tls} closed the connection … --tls
  4  check {entry} --tls --cacert {ca}                                        => {entry}… TLS failed … plain text
  4  check {silent} --tls --insecure {soon}                                   => {silent}… TLS
  4  check {tls} --tls --cacert {untrustedCa}                                 => {tls}… TLS failed … certificate
  4  check {tls} --tls --cacert {ca}                                          => {tls}… certificate
  4  check {tls} --tls --cacert {ca} --cert {clientCert} --key {serverKey}    => {tls}… TLS failed … key
`)

/** The words are right, but this cluster does not allow it. */
export const REQUESTS: readonly BadInput[] = table(String.raw`
  2  reshard {entry} --from all --to ffffffffffff --slots 5 --yes             => no node of this cluster is called "ffffffffffff"
  2  reshard {entry} --to {shared} --from all --slots 5 --yes                 => could be any of … nodes
  2  reshard {entry} --to {entry} --from 127.0.0.1:1 --slots 5 --yes          => no node of this cluster is called "127.0.0.1:1"
  2  reshard {entry} --to {stranger} --from all --slots 5 --yes               => no node of this cluster is called
  3  reshard {entry} --to {replica} --from all --slots 5 --yes                => {replica}… replica … receive slots
  3  reshard {entry} --to {entry} --from {replica} --slots 5 --yes            => {replica}… replica … give slots
  3  reshard {entry} --to {entry} --from {entry} --slots 5 --yes              => {entry}… cannot be a source: it is the target
  3  reshard {entry} --to {entry} --from {primary1},{primary1} --slots 5 --yes => {primary1}… is named twice as a source
  3  reshard {entry} --to {entry} --from {primary1} --slots 6000 --yes        => [too-many-slots]
  3  reshard {entry} --to {entry} --from {primary1} --slots 16000-16010 --yes => [not-at-source]
  3* reshard {entry} --to {primary1} --from all --slots 5 --atomic --yes      => [atomic-not-supported]
  2  rebalance {entry} --weight ffffffffffff=2 --yes                          => no node of this cluster is called
  2  rebalance {entry} --weight {entry}=1 --weight {entry}=2 --yes            => names … twice
  3  rebalance {entry} --weight {replica}=2 --yes                             => {replica}… replica
  3  rebalance {entry} --weight {entry}=0 --weight {primary1}=0 --weight {primary2}=0 --yes => [invalid-weight]
  3  create {spare} {spare2} --yes                                            => a cluster needs 3
  3  create {spare} {spare2} --replicas 1 --yes                               => with 1 replica per primary make 1 primary
  3  create {spare} {spare2} {spare} --yes                                    => {spare}… is named more than once
  3  create {spare} {spare2} {full} --yes                                     => {full}… is not empty: it holds 1 key
  3  create {spare} {spare2} {entry} --yes                                    => {entry}… is not empty: it knows … other nodes
  3  add-node {full} {entry} --yes                                            => {full}… is not empty: it holds 1 key
  3  add-node {stranger} {entry} --yes                                        => {stranger}… is not empty: it knows 1 other node
  3  add-node {primary1} {entry} --yes                                        => {primary1}… is already a node of this cluster
  3  add-node {standalone} {entry} --yes                                      => {standalone} is not configured as a cluster node
  3  add-node {spare} {entry} --primary-id {replica} --yes                    => {replica}… a replica follows a primary only
  2  add-node {spare} {entry} --primary-id ffffffffffff --yes                 => no node of this cluster is called
  3  del-node {entry} {primary2} --yes                                        => {primary2}… still has … slots
  2  del-node {entry} ffffffffffff --yes                                      => no node of this cluster is called
  2  del-node {entry} {shared} --yes                                          => could be any of
  3  failover {entry} --yes                                                   => {entry}… [not-a-replica]
  2  failover {entry} ffffffffffff --yes                                      => no node of this cluster is called
  3  set-timeout {entry} 50 --yes                                             => slightest pause
  3  set-timeout {entry} 99999999999 --yes                                    => [invalid-timeout]
  3  import {entry} --from {primary1} --copy --yes                            => {primary1} is a node of this very cluster
  3  import {entry} --from {stranger} --copy --yes                            => {stranger} is a node of a cluster
  3  apply {stale} --yes                                                      => no longer what this plan was made for
  4  apply {elsewhere} --yes                                                  => 127.0.0.1:1 connection refused
  1  backup {entry} {text}                                                    => File exists (give the path of a folder)
  1  reshard {entry} --to {primary1} --slots 0-4 --out /nowhere/plan.json --quiet => cannot save the plan … /nowhere/plan.json
  2* reshard {entry} --to {primary1} --from all                               => give --slots
  2* reshard {entry} --slots 5 --from all                                     => give --to
  2* reshard {entry} --slots 5 --to {entry}                                   => give --from
  2* reshard {entry} --slots 5 --to {primary1} --from all                     => give --yes
  2* check {locked} --askpass                                                 => give --pass-file or REDISCLI_AUTH
`)

/** Of a cluster with a slot that is half-way from one node to another. */
export const OPEN_SLOT: readonly BadInput[] = table(String.raw`
  3* reshard {entry} --from all --to {primary1} --slots 5 --yes               => {entry} … is migrating 1 slot to {primary1}: slot … (tscluster fix {entry})
  3* rebalance {entry} --use-empty-primaries --yes                            => {entry} … is migrating 1 slot to {primary1}: slot … (tscluster fix {entry})
  3* add-node {spare} {entry} --yes                                           => {entry} … is migrating 1 slot to {primary1}: slot … (tscluster fix {entry})
  3* import {entry} --from {standalone} --copy --yes                          => {entry} … is migrating 1 slot to {primary1}: slot … (tscluster fix {entry})
  3* del-node {entry} {primary1} --drain --yes                                => slot … half-way from one node to another: slot … (tscluster fix {entry})
  2* fix {entry}                                                              => give --yes
`)

/** Of a cluster with a slot that nobody serves. */
export const UNCOVERED_SLOT: readonly BadInput[] = table(String.raw`
  3* reshard {entry} --from all --to {primary1} --slots 5 --yes               => slot … not served … (tscluster fix {entry})
  3* rebalance {entry} --use-empty-primaries --yes                            => slot … not served … (tscluster fix {entry})
  3* add-node {spare} {entry} --yes                                           => slot … not served … (tscluster fix {entry})
  2* fix {entry}                                                              => give --yes
`)

function table(text: string): BadInput[] {
  return text
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => {
      const columns = /^ *(?<code>\d)(?<star>\*?) +(?<line>.*?) +=> (?<says>.*)$/.exec(row)?.groups
      if (columns === undefined) throw new Error(`not a case: ${row}`)
      const {code, star, line, says} = columns as Record<'code' | 'star' | 'line' | 'says', string>
      return {line, code: Number(code), says, talks: star === '*'}
    })
}
