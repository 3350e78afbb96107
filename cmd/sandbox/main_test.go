package main

import (
	"bytes"
	"context"
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
		ended <- run(ctx, []string{"-seed", seedFile, "-env-file", envFile, "-switch", "gradient-zero-count=refuse", "-latency", "1ms"}, &out)
	}()
	var env []byte
	for deadline := time.Now().Add(10 * time.Second); env == nil; {
		if read, err := os.ReadFile(envFile); err == nil {
			env = read
		} else if time.Now().After(deadline) {
			t.Fatal("no environment file")
		}
	}
	found := regexp.MustCompile(`export SANDBOX_URL='(.*)'\n`).FindSubmatch(env)
	if found == nil {
		t.Fatalf("environment file: %s", env)
	}
	answer, err := http.Get(string(found[1]) + "/_sandbox/state")
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
	if !strings.HasPrefix(out.String(), string(env)) {
		t.Errorf("printed %s\nwant it to begin with %s", out.String(), env)
	}
	if answer, err := http.Get(string(found[1])); err == nil {
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
	for part, args := range map[string][]string{
		`unexpected argument "now"`:   {"now"},
		"a switch must be name=value": {"-switch", "gradient-zero-count"},
		`no switch is named "zero"`:   {"-switch", "zero=accept"},
		"no such file":                {"-seed", "nowhere.yaml"},
		"bad.yaml: ":                  {"-seed", bad},
		"not defined: -port":          {"-port", "1"},
		"cannot be negative":          {"-rate-limit", "-1"},
	} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: %v, want %q", args, err, part)
		}
	}
}
