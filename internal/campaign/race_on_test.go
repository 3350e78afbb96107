//go:build race

package campaign

// shortRuns is how many seeds run unless somebody asks for more: the race detector makes each of them several times slower.
const shortRuns = 40
