import {fixedSeeds} from './fixed-seeds.js'

fixedSeeds('add-node')
