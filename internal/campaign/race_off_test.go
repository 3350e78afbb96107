//go:build !race

package campaign

// shortRuns is how many seeds run unless somebody asks for more: well below a minute.
const shortRuns = 200
