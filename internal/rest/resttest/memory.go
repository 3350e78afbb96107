// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package resttest has what the tests of the clients share.
package resttest

import (
	"runtime/metrics"
	"testing"
)

// perByte is how many bytes may be allocated for each byte of an answer: some two characters of JSON can stand for an object with all its fields, which
// is copied as a list grows.
const perByte = 600

// CheckMemory fails the test when work allocates more than a small multiple of what was answered to it: the number of answers and their bytes are what
// work returns. Nothing else may run meanwhile, as it is in a fuzz test.
func CheckMemory(t testing.TB, work func() (answers, bytes int)) {
	t.Helper()
	before := allocated()
	answers, bytes := work()
	const perAnswer = 512 << 10
	if took, most := allocated()-before, uint64(answers*perAnswer+perByte*bytes); took > most {
		t.Errorf("%d bytes are allocated for %d answers with %d bytes, want at most %d", took, answers, bytes, most)
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
