// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The customer who renews, the product that no license mapping counts, and the customer who sells a division, with the names of the
// sandbox's seed.
const (
	renewer     = "cedargrove.example"
	renewedSKU  = "SPE_E3"
	uncounted   = "Microsoft_365_E3_(no_Teams)"
	uncountedID = "dcf0408c-aaec-446c-afd4-43e3683943ea"
	renewed     = 86
	shrinking   = "kestrelaviation.example"
	smaller     = 140
)

var approval = regexp.MustCompile(`approved = "([^"]+)"`)

// quoteDiagnostic prints the summary of a diagnostic and the indented lines of its detail.
func (l *life) quoteDiagnostic(found diagnostic) {
	l.say("   %s%s: %s", strings.ToUpper(found.Severity[:1]), found.Severity[1:], found.Summary)
	for line := range strings.Lines(found.Detail) {
		if strings.HasPrefix(line, "  ") {
			l.say("     %s", strings.TrimSpace(line))
		}
	}
}

// stopped plans, prints what stops the plan, and returns it.
func (l *life) stopped(ctx context.Context) (string, error) {
	l.server.ClearRequests()
	log, code, _ := l.terraform(ctx, "plan", "-json", "-detailed-exitcode")
	if code != 1 {
		return "", fmt.Errorf("the plan ended with exit code %d: the guard did not stop it", code)
	}
	var text string
	for _, found := range append(errorsIn(log), warnings(log)...) {
		text += found.Summary + "\n" + found.Detail + "\n"
		l.quoteDiagnostic(found)
	}
	for _, request := range l.server.Requests() {
		if request.System != sandbox.Microsoft && request.Method != "GET" {
			return "", fmt.Errorf("the plan wrote: %s %s", request.Method, request.Path)
		}
	}
	return text, nil
}

func (l *life) renewal(ctx context.Context) error {
	l.server.SetSeats(renewer, renewedSKU, 0)
	l.server.PutSKU(renewer, sandbox.SKU{PartNumber: uncounted, SKUID: uncountedID, Enabled: renewed, Consumed: renewed})
	l.say("   Cedar Grove's %d seats of Microsoft 365 E3 are now Microsoft 365 E3 (no Teams).", renewed)
	text, err := l.stopped(ctx)
	if err != nil {
		return err
	}
	if !strings.Contains(text, fmt.Sprintf("Microsoft 365 E3 falls from %d to 0, and no license mapping counts %d seats of Microsoft 365 E3 (no Teams)", renewed, renewed)) {
		return errors.New("the plan does not say that no license mapping counts the new product")
	}
	return nil
}

func (l *life) renewalCounted(ctx context.Context) error {
	if err := appendTo(filepath.Join(l.estate, "licenses.csv"), "Microsoft 365 E3,"+uncounted+"\n"); err != nil {
		return err
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if err := l.applyChanges(ctx); err != nil {
		return err
	}
	return l.emptyPlan(ctx)
}

func (l *life) largeChange(ctx context.Context) error {
	l.server.SetSeats(shrinking, renewedSKU, smaller)
	text, err := l.stopped(ctx)
	if err != nil {
		return err
	}
	code := approval.FindStringSubmatch(text)
	if code == nil {
		return errors.New("the guard prints no code")
	}
	l.code = code[1]
	return nil
}

func (l *life) approve(ctx context.Context) error {
	if err := appendTo(filepath.Join(l.estate, "terraform.tfvars"), fmt.Sprintf("approved = %q\n", l.code)); err != nil {
		return err
	}
	l.say("   terraform.tfvars: approved = %q", l.code)
	if err := l.look(ctx); err != nil {
		return err
	}
	return l.showChanges(1)
}

func appendTo(file, text string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(content, text...), 0o600)
}
