//go:build !race

package campaign

// shortRuns is the default number of seeds: well below a minute.
const shortRuns, shortWalks = 200, 400
