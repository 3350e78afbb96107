package licensesync

import "testing"

// func TestRule2 in a comment tests nothing.

func TestRule1TheFirst(t *testing.T) {}

// A rule that is not there.
func TestRule4(t *testing.T) {}
