import {fixedSeeds} from './fixed-seeds.js'

fixedSeeds('rebalance')
