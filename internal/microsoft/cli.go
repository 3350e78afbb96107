// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// cliCredential gets tokens from the Azure CLI. azidentity's own gives the program every variable of the environment, with the keys of
// Gradient and CloudRadial and the secrets of the state backend among them, and has no option for less.
type cliCredential struct {
	tenant  string
	timeout time.Duration
}

// errNoCLI is the error when az is not on the PATH.
var errNoCLI = errors.New("the Azure CLI (az) is not on the PATH")

// GetToken implements [azcore.TokenCredential].
func (c *cliCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout) // a program, which no request timeout ends
	defer cancel()
	program, err := exec.LookPath("az")
	if err != nil {
		return azcore.AccessToken{}, errNoCLI
	}
	// Old versions of az know no scope (microsoft.md §3.1).
	arguments := []string{"account", "get-access-token", "-o", "json", "--resource", strings.TrimSuffix(options.Scopes[0], "/.default"), "--tenant", c.tenant}
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // a tenant is a GUID or a domain, see tenantName
	command.Env = environmentOfCLI(os.Environ())
	command.Dir = filepath.Dir(program) // az must find no Python module where Terraform runs
	command.WaitDelay = 100 * time.Millisecond
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	if errors.Is(err, exec.ErrWaitDelay) && stdout.Len() > 0 { // it has answered and left without closing its output
		err = nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return azcore.AccessToken{}, fmt.Errorf("az has not ended in %s", c.timeout)
		}
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return azcore.AccessToken{}, errors.New(text)
		}
		return azcore.AccessToken{}, fmt.Errorf("az ended without a text: %w", err)
	}
	return decodeCLIToken(stdout.Bytes())
}

// errorLine returns the line of az's output that says what is wrong. Warnings may stand before it.
func errorLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "AADSTS") || strings.HasPrefix(line, "ERROR") {
			return strings.TrimSpace(line)
		}
	}
	return cutToLine(text)
}

// decodeCLIToken decodes what az prints. expires_on is missing in old versions, and nothing here needs it.
func decodeCLIToken(output []byte) (azcore.AccessToken, error) {
	var answer struct {
		AccessToken string `json:"accessToken"`
		ExpiresOn   int64  `json:"expires_on"`
	}
	if json.Unmarshal(output, &answer) != nil || answer.AccessToken == "" {
		return azcore.AccessToken{}, errors.New("az printed no access token")
	}
	return azcore.AccessToken{Token: answer.AccessToken, ExpiresOn: time.Unix(answer.ExpiresOn, 0).UTC()}, nil
}

// The variables that az needs: where it and its login are, how it reaches the network, and its language. Cloud Shell has a login of its own.
var (
	neededByCLI = []string{
		"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP", "LANG", "LANGUAGE", "TERM", "TZ",
		"USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR",
		"COMSPEC", "PATHEXT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES", "USERNAME", "USERDOMAIN",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"ADAL_PYTHON_SSL_NO_VERIFY", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
		"AZURE_CONFIG_DIR", "AZURE_EXTENSION_DIR", "AZURE_CLOUD_NAME", "ACC_CLOUD", "AZUREPS_HOST_ENVIRONMENT", "MSI_ENDPOINT",
	}
	neededByCLIPrefix = []string{"LC_", "XDG_", "AZURE_CORE_", "PYTHONHOME=", "PYTHONPATH="}
)

// environmentOfCLI returns what az needs of an environment. It leaves out everything else, because it may be a secret.
func environmentOfCLI(environment []string) []string {
	var needed []string
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		upper := strings.ToUpper(variable)
		if slices.Contains(neededByCLI, strings.ToUpper(name)) ||
			slices.ContainsFunc(neededByCLIPrefix, func(prefix string) bool { return strings.HasPrefix(upper, prefix) }) {
			needed = append(needed, variable)
		}
	}
	if runtime.GOOS != "windows" {
		needed = append(needed, "AZURE_CORE_COLLECT_TELEMETRY=false") // a second process of az, which outlives it
	}
	return needed
}
