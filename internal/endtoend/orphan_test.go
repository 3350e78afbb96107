// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package endtoend

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A killed CLI ends nothing, so the provider must end by itself, with the keys in its memory. A shell stands for the CLI here.
func TestTheProviderEndsWithItsParent(t *testing.T) {
	t.Parallel()
	if err := buildProvider(); err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), "sh", "-c", `"$0" & echo $!; wait`, filepath.Join(programs, "terraform-provider-cloudradial"))
	parent.Env = append(parent.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6")
	parent.WaitDelay = time.Second
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// Both hold the end of a pipe. When it is closed, both are gone, also where nobody asks for their exit codes.
	held, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	parent.ExtraFiles = []*os.File{end}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	_ = end.Close()
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, held)
		close(gone)
	}()
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	if lines.Scan(); !strings.Contains(lines.Text(), "|grpc|") {
		t.Fatalf("the provider says %q", lines.Text())
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	killed := time.Now()
	select {
	case <-gone:
		t.Logf("the provider ended %s after its parent", time.Since(killed).Round(100*time.Millisecond))
	case <-time.After(10 * time.Second):
		t.Fatal("the provider lives ten seconds after its parent")
	}
}
