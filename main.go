// Terraform provider for CloudRadial, Gradient MSP and Microsoft 365 licence counts.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime/debug"

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

// quiet keeps the framework from writing its trace log when nobody reads it: without a level it writes everything and
// leaves it to Terraform to drop it, a sixth of the time that a large plan takes.
func quiet() {
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	_ = os.Setenv("TF_LOG_SDK", "off") // it cannot fail: the name is valid
}
