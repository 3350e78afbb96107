// Terraform provider for CloudRadial, Gradient MSP and Microsoft 365 licence counts.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger such as delve")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/msp-as-code/cloudradial",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
