// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Terraform provider for CloudRadial, Gradient MSP and Microsoft 365 licence counts.
package main

import (
	"cmp"
	"flag"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	quiet()
	debug.SetGCPercent(gcPercent)
	debugged := flag.Bool("debug", false, "run for a debugger such as delve")
	flag.Parse()
	var options []tf6server.ServeOpt
	if *debugged {
		options = append(options, tf6server.WithManagedDebug()) // and whoever started it may go
	} else {
		endWithParent()
	}
	if err := tf6server.Serve("registry.terraform.io/msp-as-code/cloudradial", provider.NewServer(version), options...); err != nil {
		log.Fatal(err)
	}
}

// gcPercent trades a little time for less memory: a plan makes many short-lived values, and CI runners are small.
const gcPercent = 50

// quiet sets the log levels of the framework and of the provider to the one that Terraform shows. By default both write every level and
// Terraform drops most lines, which takes a sixth of the time of a large plan. The framework's logger also searches a chain of contexts that
// grows with every value of a resource, so that 20,000 unit counts take three times as long.
func quiet() {
	level := cmp.Or(os.Getenv("TF_LOG_PROVIDER"), os.Getenv("TF_LOG"), "off")
	if strings.EqualFold(level, "json") {
		level = "trace" // TF_LOG=JSON means every level
	}
	root := setDefault("TF_LOG_SDK", level)
	setDefault("TF_LOG_SDK_FRAMEWORK", root)
	setDefault("TF_LOG_PROVIDER_CLOUDRADIAL", level)
}

// setDefault sets an environment variable that is not set, and returns its value.
func setDefault(name, value string) string {
	if os.Getenv(name) == "" {
		_ = os.Setenv(name, value) // cannot fail with a valid name
	}
	return os.Getenv(name)
}
