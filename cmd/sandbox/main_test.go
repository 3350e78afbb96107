// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func TestServesUntilInterrupted(t *testing.T) {
	t.Parallel()
	envFile := filepath.Join(t.TempDir(), "env")
	seedFile := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seedFile, []byte("accounts: [{id: x, name: From the file}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-seed", seedFile, "-env-file", envFile, "-switch", "gradient-zero-count=refuse", "-latency", "1ms", "-psa", "autotask"}, &out)
	}()
	env := await(t, envFile)
	found := regexp.MustCompile(`export SANDBOX_URL='(.*)'\n`).FindStringSubmatch(env)
	if found == nil {
		t.Fatalf("environment file: %s", env)
	}
	if !strings.Contains(env, "export AUTOTASK_USERNAME=") || strings.Contains(env, "export HALOPSA_") {
		t.Errorf("the settings of the PSA: %s", env)
	}
	answer, err := http.Get(found[1] + "/_sandbox/state")
	if err != nil {
		t.Fatal(err)
	}
	var state bytes.Buffer
	_, _ = state.ReadFrom(answer.Body)
	answer.Body.Close()
	if !strings.Contains(state.String(), "From the file") {
		t.Errorf("state: %s", state.String())
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), env) {
		t.Errorf("printed %s\nwant it to begin with %s", out.String(), env)
	}
	if answer, err := http.Get(found[1]); err == nil {
		answer.Body.Close()
		t.Error("it still serves")
	}
}

func TestListsSwitches(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-switches"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, known := range sandbox.Switches {
		if !strings.Contains(out.String(), known.Name) || !strings.Contains(out.String(), known.Doc) || !strings.Contains(out.String(), known.Section+"\n") {
			t.Errorf("%s is missing", known.Name)
		}
	}
}

func TestRefusesArguments(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("companys: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	har := filepath.Join(t.TempDir(), "run.har")
	if err := os.WriteFile(har, []byte(`{"log":{"entries":[]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for part, args := range map[string][]string{
		`unexpected argument "now"`:   {"now"},
		"a switch must be name=value": {"-switch", "gradient-zero-count"},
		`no switch is named "zero"`:   {"-switch", "zero=accept"},
		"no such file":                {"-seed", "nowhere.yaml"},
		"bad.yaml: ":                  {"-seed", bad},
		"bad.yaml: sandbox: the tran": {"-replay", bad},
		"have no effect with -replay": {"-replay", har, "-switch", "gradient-zero-count=refuse"},
		"not defined: -port":          {"-port", "1"},
		"cannot be negative":          {"-rate-limit", "-1"},
		`no PSA is named "other"`:     {"-psa", "other"},
	} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: %v, want %q", args, err, part)
		}
	}
}

func TestReplays(t *testing.T) {
	t.Parallel()
	envFile, har := filepath.Join(t.TempDir(), "env"), filepath.Join(t.TempDir(), "run.har")
	if err := os.WriteFile(har, []byte(`{"log":{"entries":[{"request":{"method":"GET","url":"https://app.usegradient.com/api/vendor-api/organization"},
		"response":{"status":418,"content":{"text":"recorded"}}}]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-replay", har, "-env-file", envFile}, io.Discard) }()
	address := regexp.MustCompile(`export SANDBOX_URL='(.*)'\n`).FindStringSubmatch(await(t, envFile))
	if address == nil {
		t.Fatal("no address in the environment file")
	}
	answer, err := http.Get(address[1] + "/api/vendor-api/organization")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusTeapot || string(text) != "recorded" {
		t.Errorf("it answers %d %s", answer.StatusCode, text)
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// await returns the content of a file that is about to appear.
func await(t *testing.T, path string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if text, err := os.ReadFile(path); err == nil {
			return string(text)
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
