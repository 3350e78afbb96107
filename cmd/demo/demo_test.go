package main

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testStage is a stage for one test. Like every acceptance test it needs the CLI, and so TF_ACC.
func testStage(t *testing.T) *stage {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("TF_ACC is not set: no CLI is run")
	}
	s, err := newStage(t.Context(), cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func TestTheLifeOfTheEstate(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	var out bytes.Buffer
	if err := (&life{stage: s, out: &out}).run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, secret := range s.server.Secrets() {
		if strings.Contains(out.String(), secret) {
			t.Error("the demo prints a secret")
		}
	}
}

func TestTheEstateCopesWithASpreadsheet(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	before, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.estate, "*.csv"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		header, rows, _ := strings.Cut(string(content), "\n")
		blank := strings.Repeat(",", strings.Count(header, ",")) + "\n"
		saved := "\ufeff" + header + "\n" + blank + rows + blank + blank
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(saved, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := before.after.pairs(); len(want) == 0 || !maps.Equal(after.after.pairs(), want) {
		t.Errorf("planned %v, want %v", after.after, before.after)
	}
}

func TestEveryExamplePlans(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	examples, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	single, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	planned := map[string]bool{}
	for _, file := range append(examples, single...) {
		dir := filepath.Dir(file)
		if planned[dir] || filepath.Base(dir) == "estate" { // the estate has tests of its own
			continue
		}
		planned[dir] = true
		t.Run(filepath.Base(dir), func(t *testing.T) { planExample(t.Context(), t, s, dir) })
	}
	if len(planned) < 12 {
		t.Errorf("only %d examples were found", len(planned))
	}
}

// planExample plans a copy of an example, with the terraform block that the documentation leaves out of most.
func planExample(ctx context.Context, t *testing.T, s *stage, example string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	declared := false
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared = declared || strings.Contains(string(content), "required_providers")
	}
	if !declared {
		const block = "terraform {\n  required_providers {\n    cloudradial = {\n      source = \"msp-as-code/cloudradial\"\n    }\n  }\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "terraform.tf"), []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	there := *s
	there.estate = dir
	if _, _, err := there.terraform(ctx, "plan", "-json", "-detailed-exitcode"); err != nil {
		t.Error(err)
	}
}
