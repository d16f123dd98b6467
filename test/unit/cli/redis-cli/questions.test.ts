import {expect} from 'chai'
import {Questions} from '../../../../src/cli/redis-cli/dialogue.js'
import {Printer} from '../../../../src/cli/redis-cli/printer.js'
import {isManagerError} from '../../../../src/manager/error.js'
import {paperWorld, type PaperWorld} from '../../../support/paper-world.js'

function questionsWith(input: string, yes = false): {questions: Questions; world: PaperWorld} {
  const world = paperWorld({input})
  return {questions: new Questions(world, new Printer(world), yes), world}
}

describe("redis-cli's questions", () => {
  it('are asked in its words, without a line end', async () => {
    const {questions, world} = questionsWith('yes\n')
    expect(await questions.confirm('Can I set the above configuration?')).to.equal(true)
    expect(world.said()).to.equal("Can I set the above configuration? (type 'yes' to accept): ")
  })

  for (const answer of ['y\n', 'YES\n', 'no\n', '\n', '']) {
    it(`are not accepted by ${JSON.stringify(answer)}`, async () => {
      expect(await questionsWith(answer).questions.confirm('Sure?')).to.equal(false)
    })
  }

  for (const answer of ['yes', 'yesss\n', 'yes \n']) {
    it(`are accepted by ${JSON.stringify(answer)}`, async () => {
      expect(await questionsWith(answer).questions.confirm('Sure?')).to.equal(true)
    })
  }

  it('vanish with --cluster-yes, except those that fix insists on', async () => {
    const {questions, world} = questionsWith('no\n', true)
    expect(await questions.confirm('Sure?')).to.equal(true)
    expect(world.said()).to.equal('')
    expect(await questions.insist('Really?')).to.equal(false)
    expect(world.said()).to.equal("Really? (type 'yes' to accept): ")
  })

  it('are answered one by one, though the answers came at once', async () => {
    const {questions} = questionsWith('4096\nabc\nyes\n')
    expect(await questions.ask('How many? ', '--cluster-slots')).to.equal('4096')
    expect(await questions.ask('Who? ', '--cluster-to')).to.equal('abc')
    expect(await questions.confirm('Sure?')).to.equal(true)
  })

  it('fail at the end of the input, naming the option, where redis-cli asks for ever', async () => {
    const {questions} = questionsWith('')
    const error: unknown = await questions.ask('How many? ', '--cluster-slots').catch((thrown: unknown) => thrown)
    expect(isManagerError(error, 'usage')).to.equal(true)
    expect(String(error)).to.contain('give --cluster-slots')
  })

  it('for a password are silent without a terminal', async () => {
    const {questions, world} = questionsWith('secret\n')
    expect(await questions.secret('Please input password')).to.equal('secret')
    expect(world.said()).to.equal('')
  })
})
