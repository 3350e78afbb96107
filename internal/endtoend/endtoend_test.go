// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

// Package endtoend tests the provider as a separate program, under a CLI that is interrupted and killed, and with all logs on.
package endtoend

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// programs is the folder with the build of the provider.
var programs string

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "cloudradial-endtoend-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

var buildProvider = sync.OnceValue(func() error {
	_, err := cli.Build(context.Background(), programs, "terraform-provider-cloudradial", cli.Module)
	return err
})

// estate is a folder with a configuration, and the sandbox that it talks to.
type estate struct {
	t       testing.TB
	cli     string
	dir     string
	env     []string
	sandbox *sandbox.Server
}

func newEstate(t testing.TB, seed sandbox.Seed, options sandbox.Options, configuration string) *estate {
	t.Helper()
	server := providertest.Start(t, seed, options)
	e := &estate{t: t, cli: providertest.CLI(t), dir: t.TempDir(), sandbox: server}
	if err := buildProvider(); err != nil {
		t.Fatal(err)
	}
	e.write("cli.tfrc", cli.Config(programs))
	e.write("versions.tf", `terraform {
  required_providers {
    cloudradial = { source = "msp-as-code/cloudradial" }
  }
}
`)
	e.write("main.tf", configuration)
	e.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(e.dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_CLI_ARGS=-no-color")
	for name, value := range server.Env() {
		e.env = append(e.env, name+"="+value)
	}
	return e
}

func (e *estate) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// command returns a command of the CLI in its own process group, so that a kill reaches the provider as well.
func (e *estate) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(context.Background(), e.cli, args...)
	cmd.Dir, cmd.Env = e.dir, e.env
	cli.Separate(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// run runs the CLI and ends the test unless it exits with want.
func (e *estate) run(want int, args ...string) string {
	e.t.Helper()
	cmd, out := e.command(args...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		e.t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != want {
		e.t.Fatalf("%s exits with %d, want %d:\n%s", strings.Join(args, " "), code, want, out)
	}
	return out.String()
}

// signalWhen runs the CLI and sends a signal as soon as the condition holds. It returns the output.
func (e *estate) signalWhen(condition func() bool, send func(pid int) error, args ...string) string {
	e.t.Helper()
	cmd, out := e.command(args...)
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit code does not matter after a signal
		close(ended)
	}()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ended:
			e.t.Fatalf("it ended too soon:\n%s", out)
		case <-ticker.C:
		}
	}
	if err := send(cmd.Process.Pid); err != nil {
		e.t.Fatal(err)
	}
	<-ended
	return out.String()
}

func kill(pid int) error      { return syscall.Kill(-pid, syscall.SIGKILL) }
func interrupt(pid int) error { return syscall.Kill(pid, syscall.SIGINT) }

func (e *estate) pushes() int {
	pushes := 0
	for _, request := range e.sandbox.Requests() {
		if request.Method == http.MethodPost && strings.HasSuffix(request.Path, "/count") {
			pushes++
		}
	}
	return pushes
}

// expectCounts checks that Gradient holds units for every account.
func (e *estate) expectCounts(accounts []string, units float64) {
	e.t.Helper()
	held := e.sandbox.UnitCounts()
	for _, account := range accounts {
		if got := held[account]["S"]; got != units {
			e.t.Errorf("Gradient holds %v of %s, want %v", got, account, units)
		}
	}
}

func accountIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("account%03d", i)
	}
	return ids
}

// mapped returns an integration with these accounts and the service S, all mapped.
func mapped(accounts []string) sandbox.Seed {
	seed := sandbox.Seed{Status: "active", Services: []sandbox.Service{
		{Name: "S", Description: "S", Category: "productivity", Subcategory: "other", Mapped: "mapped"},
	}}
	for _, id := range accounts {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: id, Name: id, Mapped: "mapped"})
	}
	return seed
}

const manyCounts = `
variable "units" { type = number }
resource "cloudradial_license_sync" "m365" {
  unit_counts = { for i in range(60) : format("account%03d", i) => { S = var.units } }
  guard       = { max_increase_percent = 1000 }
}
`

func TestAKillInTheMiddleOfAPush(t *testing.T) {
	t.Parallel()
	accounts := accountIDs(60)
	e := newEstate(t, mapped(accounts), sandbox.Options{Latency: 20 * time.Millisecond}, manyCounts)
	e.env = append(e.env, transcript.Variable+"="+filepath.Join(e.dir, "run.har"))
	e.run(0, "apply", "-auto-approve", "-var=units=5")
	e.sandbox.ClearRequests()
	e.signalWhen(func() bool { return e.pushes() > 10 }, kill, "apply", "-auto-approve", "-lock=false", "-var=units=6")
	if e.pushes() >= len(accounts) {
		t.Fatal("the push was over before the kill")
	}
	e.expectWholeTranscript(len(accounts) + 10) // what was under way is lost
	e.run(0, "apply", "-auto-approve", "-lock=false", "-var=units=6")
	e.expectCounts(accounts, 6)
	e.run(0, "plan", "-detailed-exitcode", "-lock=false", "-var=units=6")
}

// expectWholeTranscript checks that the transcript can be read and has at least that many counts.
func (e *estate) expectWholeTranscript(least int) {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "run.har"))
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := sandbox.ParseTranscript(bytes.NewReader(text)); err != nil {
		e.t.Errorf("the transcript after a kill: %s", err)
	}
	if counts := bytes.Count(text, []byte(`/count"`)); counts < least {
		e.t.Errorf("the transcript has %d counts, want %d", counts, least)
	}
}

func TestCtrlCInTheMiddleOfAPush(t *testing.T) {
	t.Parallel()
	accounts := accountIDs(60)
	e := newEstate(t, mapped(accounts), sandbox.Options{Latency: 20 * time.Millisecond}, manyCounts)
	e.run(0, "apply", "-auto-approve", "-var=units=5")
	e.sandbox.ClearRequests()
	out := e.signalWhen(func() bool { return e.pushes() > 10 }, interrupt, "apply", "-auto-approve", "-var=units=6")
	if !strings.Contains(out, "Not all unit counts were pushed") {
		t.Errorf("the error is missing in:\n%s", out)
	}
	pushed := e.pushes()
	if pushed >= len(accounts) {
		t.Fatalf("the push was over before Ctrl-C took effect:\n%s", out)
	}
	accepted := 0
	for _, services := range e.sandbox.UnitCounts() {
		if services["S"] == 6 {
			accepted++
		}
	}
	e.sandbox.ClearRequests()
	e.run(0, "apply", "-auto-approve", "-var=units=6")
	// Pushes whose answer was cut off are sent again, because their outcome is unknown; no others are.
	const cutOff = 10
	if got, rest := e.pushes(), len(accounts)-accepted; got < rest || got > rest+cutOff {
		t.Errorf("%d of %d counts were accepted, and then %d were pushed", accepted, len(accounts), got)
	}
	e.expectCounts(accounts, 6)
}

// ledger returns what Gradient has accepted for the service S according to the state: unit_counts − unmapped + held_counts.
func (e *estate) ledger() map[string]float64 {
	e.t.Helper()
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Values struct {
						UnitCounts map[string]map[string]float64 `json:"unit_counts"`
						HeldCounts map[string]map[string]float64 `json:"held_counts"`
						Unmapped   []struct {
							AccountID string `json:"account_id"`
						} `json:"unmapped"`
					} `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(e.run(0, "show", "-json")), &state); err != nil {
		e.t.Fatal(err)
	}
	sync := state.Values.RootModule.Resources[0].Values
	ledger := map[string]float64{}
	for account, services := range sync.UnitCounts {
		ledger[account] = services["S"]
	}
	for _, pair := range sync.Unmapped {
		delete(ledger, pair.AccountID)
	}
	for account, services := range sync.HeldCounts {
		ledger[account] = services["S"]
	}
	return ledger
}

func TestCtrlCWhileAPushWaits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   sandbox.Fault
		unclear int // pushes under way that may have been accepted
	}{
		"for a Retry-After": {sandbox.Fault{Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "30"}}, 0},
		"for a slow answer": {sandbox.Fault{Kind: "slow", Delay: 10 * time.Second}, 32},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accounts := accountIDs(60)
			e := newEstate(t, mapped(accounts), sandbox.Options{}, manyCounts)
			e.run(0, "apply", "-auto-approve", "-var=units=5")
			e.sandbox.ClearRequests()
			test.fault.System, test.fault.Path, test.fault.Skip = sandbox.Gradient, "/count$", 10
			e.sandbox.Inject(test.fault)
			var interrupted time.Time
			out := e.signalWhen(func() bool { return e.pushes() > 10 }, func(pid int) error {
				interrupted = time.Now()
				return interrupt(pid)
			}, "apply", "-auto-approve", "-var=units=6")
			if took := time.Since(interrupted); took > 8*time.Second { // the push itself ends within a second
				t.Errorf("it ended %s after Ctrl-C", took)
			}
			if !strings.Contains(out, "Not all unit counts were pushed") {
				t.Errorf("the error is missing in:\n%s", out)
			}
			held, ledger := e.sandbox.UnitCounts(), e.ledger()
			for account, units := range ledger {
				if held[account]["S"] != units {
					t.Errorf("the state says that Gradient has accepted %v of %s, and it holds %v", units, account, held[account]["S"])
				}
			}
			if missing := len(accounts) - len(ledger); missing > test.unclear {
				t.Errorf("the state has forgotten %d counts, want %d at most", missing, test.unclear)
			}
			e.sandbox.ClearFaults()
			e.run(0, "apply", "-auto-approve", "-var=units=6")
			e.expectCounts(accounts, 6)
		})
	}
}

func TestAKillInTheMiddleOfACreate(t *testing.T) {
	t.Parallel()
	const n = 30
	seed := sandbox.Seed{}
	for i := range n {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: i + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	e := newEstate(t, seed, sandbox.Options{Latency: 20 * time.Millisecond}, `
resource "cloudradial_company_mapping" "this" {
  count      = 30
  company_id = count.index + 1
}
`)
	e.signalWhen(func() bool { return len(e.sandbox.Accounts()) >= 5 }, kill, "apply", "-auto-approve")
	made := len(e.sandbox.Accounts())
	if made >= n {
		t.Fatal("everything was made before the kill")
	}
	e.run(0, "apply", "-auto-approve", "-lock=false")
	ids := map[string]bool{}
	for _, account := range e.sandbox.Accounts() {
		ids[account.ID] = true
	}
	if len(ids) != n || len(e.sandbox.Accounts()) != n {
		t.Errorf("there are %d accounts with %d ids, want %d", len(e.sandbox.Accounts()), len(ids), n)
	}
	e.run(0, "plan", "-detailed-exitcode", "-lock=false")
}

// The example estate is applied, with and without failures and with all logs on. Then every written file is searched for every secret.
func TestNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sandbox.DefaultSeed(), sandbox.Options{}, "")
	for _, name := range []string{"main.tf", "versions.tf"} {
		if err := os.Remove(filepath.Join(e.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"examples/estate": "", "modules": "modules"} {
		if err := os.CopyFS(filepath.Join(e.dir, to), os.DirFS(root+from)); err != nil {
			t.Fatal(err)
		}
	}
	e.write("main.tf", strings.ReplaceAll(text(t, "examples/estate/main.tf"), "../../modules", "./modules"))
	e.run(0, "get")
	e.env = append(e.env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(e.dir, "trace.log"))
	said := e.run(0, "plan", "-out=plan.bin") + e.run(0, "show", "-json", "plan.bin") + e.run(0, "apply", "plan.bin") + e.run(0, "show", "-json")
	for _, fault := range []sandbox.Fault{
		{System: sandbox.Gradient, Status: http.StatusUnauthorized, Body: `{"statusCode":401,"message":"Unauthorized"}`},
		{System: sandbox.Microsoft, Path: "token$", Status: http.StatusBadRequest, Body: `<html><title>Proxy</title></html>`},
		{System: sandbox.Microsoft, Path: "subscribedSkus", Status: http.StatusForbidden},
	} {
		e.sandbox.Inject(fault)
		said += e.run(1, "plan")
		e.sandbox.ClearFaults()
	}
	e.sandbox.Inject(sandbox.Fault{System: sandbox.CloudRadial, Status: http.StatusForbidden})
	said += e.run(0, "plan") // companies that are already mapped only give a warning
	e.sandbox.ClearFaults()
	e.sandbox.RegenerateKey()
	said += e.run(1, "plan")
	e.write("said.txt", said)

	secrets := e.sandbox.Secrets()
	if len(secrets) < 5 {
		t.Fatalf("only %d secrets are in use", len(secrets))
	}
	keys := e.sandbox.Credentials()
	secrets = append(secrets, keys.GradientVendorKey+":"+keys.GradientPartnerKey)
	for _, secret := range slices.Clone(secrets) {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)))
	}
	searched := 0
	err := filepath.WalkDir(e.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		searched += len(text)
		for _, secret := range secrets {
			if at := bytes.Index(text, []byte(secret)); at >= 0 {
				t.Errorf("%s has a secret: …%s", filepath.Base(path), text[max(0, at-200):min(len(text), at+20)])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if searched < 100_000 {
		t.Errorf("only %d bytes were searched: was the log on?", searched)
	}
}
