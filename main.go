// Terraform provider for CloudRadial, Gradient MSP and Microsoft 365 licence counts.
package main

import (
	"cmp"
	"context"
	"flag"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	quiet()
	debug.SetGCPercent(gcPercent)
	debugged := flag.Bool("debug", false, "serve for a debugger such as delve")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/msp-as-code/cloudradial",
		Debug:   *debugged,
	})
	if err != nil {
		log.Fatal(err)
	}
}

// gcPercent trades a little time for memory: a plan makes many short-lived values, and CI runners are small.
const gcPercent = 50

// quiet keeps the framework from writing more log than somebody asked to read. Without a level it writes everything and
// leaves it to Terraform to drop most: a sixth of the time of a large plan. Its subsystem logger moreover walks a chain of
// contexts that grows with every value of a resource: 20,000 unit counts then take three times as long.
func quiet() {
	level := cmp.Or(os.Getenv("TF_LOG_PROVIDER"), os.Getenv("TF_LOG"), "off")
	if strings.EqualFold(level, "json") {
		level = "trace" // TF_LOG=JSON asks for everything
	}
	root := setDefault("TF_LOG_SDK", level)
	setDefault("TF_LOG_SDK_FRAMEWORK", root)
}

// setDefault sets an environment variable that is not set, and returns its value.
func setDefault(name, value string) string {
	if os.Getenv(name) == "" {
		_ = os.Setenv(name, value) // it cannot fail: the names are valid
	}
	return os.Getenv(name)
}
