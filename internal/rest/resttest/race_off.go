//go:build !race

package resttest

// raceDetector says that the race detector takes memory too.
const raceDetector = false
