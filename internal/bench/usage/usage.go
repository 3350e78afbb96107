// Package usage is what a process has taken of the machine.
package usage

import (
	"os"
	"time"
)

// Usage is what one process took until its end.
type Usage struct {
	CPU  time.Duration // of all cores, in user and system mode
	Peak int64         // the largest resident size, in bytes; 0 where the system does not say
}

// Of returns what an ended process took.
func Of(state *os.ProcessState) Usage {
	return Usage{CPU: state.UserTime() + state.SystemTime(), Peak: peak(state)}
}
