import {fixedSeeds} from './fixed-seeds.js'

fixedSeeds('set-timeout')
