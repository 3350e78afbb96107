// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"testing"
)

func TestTheLogHasWhatIsAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		env                       map[string]string
		root, framework, provider string
	}{
		"nothing is asked for":  {nil, "off", "off", "off"},
		"progress":              {map[string]string{"TF_LOG_PROVIDER": "INFO"}, "INFO", "INFO", "INFO"},
		"everything":            {map[string]string{"TF_LOG": "TRACE"}, "TRACE", "TRACE", "TRACE"},
		"everything, as JSON":   {map[string]string{"TF_LOG": "JSON"}, "trace", "trace", "trace"},
		"Terraform's own":       {map[string]string{"TF_LOG_CORE": "TRACE"}, "off", "off", "off"},
		"the SDK's":             {map[string]string{"TF_LOG_SDK": "DEBUG"}, "DEBUG", "DEBUG", "off"},
		"only the framework's":  {map[string]string{"TF_LOG": "INFO", "TF_LOG_SDK_FRAMEWORK": "TRACE"}, "INFO", "TRACE", "INFO"},
		"this provider's":       {map[string]string{"TF_LOG": "INFO", "TF_LOG_PROVIDER_CLOUDRADIAL": "DEBUG"}, "INFO", "INFO", "DEBUG"},
		"the provider is quiet": {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "ERROR"}, "ERROR", "ERROR", "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_CLOUDRADIAL"} {
				t.Setenv(variable, test.env[variable])
			}
			quiet()
			if got := os.Getenv("TF_LOG_SDK"); got != test.root {
				t.Errorf("the SDK logs at %q, want %q", got, test.root)
			}
			if got := os.Getenv("TF_LOG_SDK_FRAMEWORK"); got != test.framework {
				t.Errorf("the framework logs at %q, want %q", got, test.framework)
			}
			if got := os.Getenv("TF_LOG_PROVIDER_CLOUDRADIAL"); got != test.provider {
				t.Errorf("the provider logs at %q, want %q", got, test.provider)
			}
		})
	}
}
