// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// longToken returns a token as long as Microsoft's are.
func longToken(i int) string {
	var token strings.Builder
	for part := range 30 {
		fmt.Fprintf(&token, "%x", sha256.Sum256([]byte{byte(i), byte(part)}))
	}
	return token.String()
}

// A run signs in to thousands of tenants, so a Masker that has not searched a text must be small. It is not parallel, because it measures the heap.
func TestAMaskerOfALongTokenIsSmall(t *testing.T) {
	const maskers, most = 20, 32 << 10
	var held [maskers]*Masker
	before := heapInUse()
	for i := range held {
		held[i] = NewMasker([]string{longToken(i)})
	}
	if each := (heapInUse() - before) / maskers; each > most {
		t.Errorf("a Masker takes %d bytes, %d at most are expected", each, most)
	}
	for i, masker := range held {
		if got := masker.Readable("the token "+longToken(i)+" was refused", 100); got != "the token *** was refused" {
			t.Errorf("%q", got)
		}
		if got := masker.Readable("the token "+longToken(i)[40:80]+" was refused", 100); got != withheld {
			t.Errorf("%q", got)
		}
	}
}

func heapInUse() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func BenchmarkMaskerOfALongToken(b *testing.B) {
	token := longToken(1)
	b.ReportAllocs()
	for b.Loop() {
		NewMasker([]string{token})
	}
}
