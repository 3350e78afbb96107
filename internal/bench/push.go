package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	// pushLatency is the latency of every answer while counts are pushed.
	pushLatency = 50 * time.Millisecond
	// documentedLimit is Gradient's limit (gradient.md §6), in requests a second.
	documentedLimit = 100
)

const literalCounts = `
resource "cloudradial_license_sync" "m365" {
  unit_counts = jsondecode(file("${path.module}/counts.json"))
}
`

// measurePush pushes all counts, changes some, and sends a sample of them with the call pattern of other tools.
func measurePush(ctx context.Context, b *bench) error {
	pairs := b.size.pushed * pushedServices
	counts := unitCounts(b.size.pushed, pushedServices)
	e, err := b.newEstate(mappedSeed(b.size.pushed, pushedServices), sandbox.Options{Latency: pushLatency},
		map[string]string{"main.tf": providerBlock + literalCounts, "counts.json": asJSON(counts)})
	if err != nil {
		return err
	}
	defer e.close()
	b.say("push: %s counts, the first apply", grouped(pairs))
	full, err := e.apply(ctx)
	if err != nil {
		return err
	}
	if full.calls.pushes < pairs || len(e.server.UnitCounts()) != b.size.pushed {
		return fmt.Errorf("%d counts of %d accounts arrived, not %d of %d", full.calls.pushes, len(e.server.UnitCounts()), pairs, b.size.pushed)
	}
	pace := rate(timesOf(e.server.Requests(), isAccepted))
	fullest := fullestSecond(timesOf(e.server.Requests(), isGradient))
	what := fmt.Sprintf("Full push of %s counts, %s of latency", grouped(pairs), pushLatency)
	b.add(
		line{what: what, figure: perSecond(pace), against: "the limit of 100 /s", ratio: percent(pace / documentedLimit),
			goal: atLeast(pace/documentedLimit, 0.95, "95 %"), cost: full},
		line{what: what + ": answers 429", figure: fmt.Sprint(full.calls.throttled), goal: atMost(full.calls.throttled, 0, "0")},
		line{what: what + ": fullest sliding second", figure: fmt.Sprintf("%d requests", fullest), goal: atMost(fullest, documentedLimit, "100")},
		line{what: what + ": the whole apply", figure: seconds(full.wall), against: "at the limit: " + seconds(atLimit(pairs)),
			ratio: times(full.wall.Seconds(), atLimit(pairs).Seconds())},
	)
	if err := measureDelta(ctx, e, counts); err != nil {
		return err
	}
	return measureOneByOne(ctx, b, counts, pace)
}

// isAccepted reports whether a request is a push that Gradient accepted.
func isAccepted(request sandbox.Request) bool {
	return isPush(request) && request.Status == http.StatusCreated
}

func isGradient(request sandbox.Request) bool { return request.System == sandbox.Gradient }

// atLimit returns how long n requests take at the documented limit.
func atLimit(n int) time.Duration { return time.Duration(n) * time.Second / documentedLimit }

func perSecond(rate float64) string { return fmt.Sprintf("%.1f /s", rate) }

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// measureDelta changes one count of some companies.
func measureDelta(ctx context.Context, e *estate, counts map[string]map[string]int) error {
	for i := 1; i <= e.size.changed; i++ {
		counts[accountID(i)][serviceName(products[i%pushedServices])]++
	}
	if err := e.write("counts.json", asJSON(counts)); err != nil {
		return err
	}
	e.say("push: %d of them change", e.size.changed)
	planned, err := e.run(ctx, withChanges, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	delta, err := e.apply(ctx)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Delta of %d counts among %s", e.size.changed, grouped(e.size.pushed*pushedServices))
	e.add(
		line{what: what + ": a plan", figure: seconds(planned.wall), cost: planned},
		line{what: what + ": apply, pushes", figure: fmt.Sprint(delta.calls.pushes), goal: atMost(delta.calls.pushes, e.size.changed+2, fmt.Sprint(e.size.changed+2)), cost: delta},
		line{what: what + ": apply, other Gradient calls", figure: fmt.Sprint(delta.calls.gradient), goal: atMost(delta.calls.gradient, 4, "4")},
		line{what: what + ": the whole apply", figure: seconds(delta.wall)},
	)
	return nil
}

// measureOneByOne sends a sample of the counts with the call pattern of other tools, to an integration like the first one.
func measureOneByOne(ctx context.Context, b *bench, counts map[string]map[string]int, pace float64) error {
	server, err := sandbox.New(mappedSeed(b.size.pushed, pushedServices), sandbox.Options{Latency: pushLatency})
	if err != nil {
		return err
	}
	defer server.Close()
	b.say("push: %d counts one by one", b.size.sample)
	caller, err := newCaller(server)
	if err != nil {
		return err
	}
	began, sent := time.Now(), 0
	for i := 1; sent < b.size.sample; i++ {
		for _, product := range products[:min(pushedServices, b.size.sample-sent)] {
			service := serviceName(product)
			if err := caller.pushOne(ctx, accountID(i), service, counts[accountID(i)][service]); err != nil {
				return err
			}
			sent++
		}
	}
	took := time.Since(began)
	requests := server.Requests()
	pairs := b.size.pushed * pushedServices
	theirs := rate(timesOf(requests, isAccepted))
	whole := took * time.Duration(pairs) / time.Duration(sent)
	what := fmt.Sprintf("The same by the call pattern of other tools, one after another (%d sent, scaled up)", sent)
	b.add(
		line{what: what, figure: perSecond(theirs), against: "the full push: " + perSecond(pace), ratio: times(pace, theirs),
			goal: atLeast(pace/theirs, 10, "10 ×"), cost: cost{calls: count(requests)}},
		line{what: what + ": all of them", figure: seconds(whole)},
	)
	return nil
}

// caller calls Gradient with the pattern of other tools: for each tenant and product it reads the vendor to find the service, and sets the
// count, without no_build. It keeps its connection alive, which not every tool does.
type caller struct {
	client *http.Client
	base   string
	token  string
}

func newCaller(server *sandbox.Server) (*caller, error) {
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys := server.Credentials()
	return &caller{
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}},
		base:   server.URL() + "/api/vendor-api",
		token:  base64.StdEncoding.EncodeToString([]byte(keys.GradientVendorKey + ":" + keys.GradientPartnerKey)),
	}, nil
}

func (c *caller) pushOne(ctx context.Context, account, service string, units int) error {
	var vendor struct {
		Data struct {
			SKUs []struct{ ID, Name string }
		}
	}
	text, err := c.call(ctx, http.MethodGet, "", "")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &vendor); err != nil {
		return err
	}
	for _, sku := range vendor.Data.SKUs {
		if sku.Name == service {
			_, err := c.call(ctx, http.MethodPost, "/service/"+sku.ID+"/count", fmt.Sprintf(`{"accountId":%q,"unitCount":%d}`, account, units))
			return err
		}
	}
	return errors.New("there is no service " + service)
}

func (c *caller) call(ctx context.Context, method, path, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("GRADIENT-TOKEN", c.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, text)
	}
	return text, err
}
