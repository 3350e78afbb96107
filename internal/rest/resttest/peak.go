// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package resttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// mostMemory is what a process may take at most, whatever one upstream answers, in KiB.
const mostMemory = 200 << 10

// CheckPeak does the work with each answer in a process of its own, and fails the test when the kernel saw it take too much memory.
func CheckPeak(t *testing.T, answers map[string]Answer, work func(t *testing.T, answer Answer)) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the most memory of a process")
	}
	const variable = "TEST_ANSWER"
	if name := os.Getenv(variable); name != "" {
		debug.SetGCPercent(50) // as the provider does
		work(t, answers[name])
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(string(status))
		return
	}
	for name := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$", "-test.v")
			command.Env = append(os.Environ(), variable+"="+name)
			out, err := command.CombinedOutput()
			found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(out)
			if err != nil || found == nil {
				t.Fatalf("%v\n%s", err, out)
			}
			peak, err := strconv.Atoi(string(found[1]))
			t.Logf("%d MiB", peak>>10)
			if err != nil || !raceDetector && peak > mostMemory {
				t.Errorf("it takes %d KiB, want at most %d", peak, mostMemory)
			}
		})
	}
}

// Answer is an answer that is made to take memory: a beginning, a part that is repeated up to Size bytes, and an end.
type Answer struct {
	Status             int
	Begin, Repeat, End string
	Size               int
	SignIn             bool // it is the answer to a sign-in
}

// To returns the answer to a request. It does not take up the memory of its size itself.
func (a Answer) To(request *http.Request) *http.Response {
	repeat := bytes.Repeat([]byte(a.Repeat), 1+(32<<10)/len(a.Repeat))
	body := io.MultiReader(strings.NewReader(a.Begin), io.LimitReader(&endless{part: repeat}, int64(a.Size-a.Size%len(repeat))), strings.NewReader(a.End))
	return &http.Response{StatusCode: a.Status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: request}
}

// RoundTrip gives the answer to every request.
func (a Answer) RoundTrip(request *http.Request) (*http.Response, error) { return a.To(request), nil }

// endless repeats a part for ever.
type endless struct {
	part []byte
	at   int
}

func (e *endless) Read(into []byte) (int, error) {
	n := copy(into, e.part[e.at:])
	e.at = (e.at + n) % len(e.part)
	return n, nil
}
