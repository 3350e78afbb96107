// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"fmt"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// DefaultTenantTimeout is how long one tenant may take, with all retries and the waits between them.
const DefaultTenantTimeout = 60 * time.Second

// What a service that is down may cost.
const (
	// firstTenants is how many tenants are read at once until Microsoft has answered for one of them.
	firstTenants = 4
	// probes is how many more tenants are tried, one at a time, after tenants have failed because of the service.
	probes = 3
	// credentialRefusals is how many tenants in a row must fail with our own credential before the rest is not asked.
	credentialRefusals = 3
	// timePerTenant bounds the read of many tenants, which may take that long for each of them, and at least wholeTimeouts times as long as one may take.
	timePerTenant = 2 * time.Second
	wholeTimeouts = 10
)

// timeoutError ends what takes longer than it may.
type timeoutError struct {
	what  string
	after time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s took longer than %s", e.what, e.after) }

// ReadLicenses reads the tenants (GUIDs or domains), MaxConcurrentTenants at a time and each once per client, with
// GET /v1.0/subscribedSkus (microsoft.md §1.1) and GET /v1.0/directory/subscriptions (microsoft.md §1.4). The result has an
// entry for every tenant.
//
// A tenant that takes longer than tenantTimeout fails; 0 means [DefaultTenantTimeout]. When tenants in a row fail because of the service, the
// rest is not asked: an outage would cost the full time of every tenant, and a wrong secret one refusal for each. Otherwise the read ends
// early only when ctx does, or when it takes far longer than it should.
func (c *Client) ReadLicenses(ctx context.Context, tenants []string, tenantTimeout time.Duration) map[string]Result {
	results := make(map[string]Result, len(tenants))
	readTenants(ctx, c, tenants, tenantTimeout, reading[Licenses]{
		work: "reading tenants", doing: doingLicenses, reads: c.licenses, load: c.loadLicenses,
		keep: func(tenant string, licenses *Licenses, failed *TenantError) {
			results[tenant] = Result{licenses, failed}
		},
	})
	return results
}

// reading is what is read of each of many tenants.
type reading[T any] struct {
	work, doing string // for the log, and for messages
	reads       map[string]*rest.Shared[*T]
	load        func(ctx context.Context, tenant string) (*T, *TenantError)
	// keep gets the outcome for each tenant, one after the other.
	keep func(tenant string, value *T, failed *TenantError)
}

// readTenants reads the tenants as [Client.ReadLicenses] says.
func readTenants[T any](ctx context.Context, c *Client, tenants []string, tenantTimeout time.Duration, r reading[T]) {
	if tenantTimeout <= 0 {
		tenantTimeout = c.timeouts.tenant
	}
	whole := max(wholeTimeouts*tenantTimeout, timePerTenant*time.Duration(len(tenants)))
	ctx, cancel := context.WithTimeoutCause(ctx, whole, &timeoutError{"the read of all tenants", whole})
	defer cancel()
	work := progress.Begin(ctx, r.work, "read", len(tenants))
	defer work.End()

	var pending pendingTenants
	pending.add(tenants)
	answered := make(chan tenantAnswer[T])
	outage := outage{most: c.options.MaxConcurrentTenants}
	for {
		for len(pending.names) > 0 && outage.allowsAnother() && ctx.Err() == nil {
			go readTenant(ctx, c, r, pending.take(&outage), tenantTimeout, outage.begin(), answered)
		}
		if outage.reading == 0 {
			break
		}
		answer := <-answered
		r.keep(answer.tenant, answer.value, answer.failed)
		outage.record(answer.failed, answer.probe)
		work.Did()
	}
	for _, tenant := range pending.names {
		r.keep(tenant, nil, c.newNotAskedError(ctx, tenant, r.doing, &outage))
	}
}

// tenantAnswer is what was read of a tenant. probe says that it was asked to see whether the service is down.
type tenantAnswer[T any] struct {
	tenant string
	value  *T
	failed *TenantError
	probe  bool
}

func readTenant[T any](ctx context.Context, c *Client, r reading[T], tenant string, timeout time.Duration, probe bool, answered chan<- tenantAnswer[T]) {
	answer := tenantAnswer[T]{tenant: tenant, probe: probe}
	if c.slots.Acquire(ctx, 1) != nil {
		answer.failed = c.newInterruptedError(ctx, tenant, r.doing)
	} else {
		answer.value, answer.failed = readOnce(ctx, c, r.reads, tenant, r.doing, timeout, r.load)
		c.slots.Release(1)
	}
	answered <- answer
}

// pendingTenants are the tenants that were not asked yet, each once.
type pendingTenants struct{ names []string }

func (p *pendingTenants) add(tenants []string) {
	seen := map[string]bool{}
	for _, tenant := range tenants {
		if !seen[tenant] {
			seen[tenant] = true
			p.names = append(p.names, tenant)
		}
	}
}

// take returns the next tenant. While an outage is suspected it is one from elsewhere in the list, because neighbours may be down together.
func (p *pendingTenants) take(o *outage) string {
	i := 0
	if o.suspected() {
		i = (len(p.names) - 1) * (o.probes + 1) / probes
	}
	tenant := p.names[i]
	p.names = append(p.names[:i:i], p.names[i+1:]...)
	return tenant
}

// outage judges from the answers so far whether the service is down, or refuses our credential, for every tenant.
type outage struct {
	most     int  // tenants at once
	reading  int  // tenants that are being read
	probing  bool // one of them is a probe
	answered bool // the service has answered for one tenant
	failures int  // tenants in a row that failed because of the service
	probes   int  // those of them that were asked after another had failed
	last     *TenantError
}

// allowsAnother reports whether one more tenant may be asked now.
func (o *outage) allowsAnother() bool {
	switch {
	case o.isCertain():
		return false
	case o.suspected():
		return !o.probing
	case !o.answered:
		return o.reading < min(firstTenants, o.most)
	}
	return o.reading < o.most
}

// begin counts one more tenant, and reports whether it is a probe.
func (o *outage) begin() (probe bool) {
	o.reading++
	probe = o.suspected()
	o.probing = o.probing || probe
	return probe
}

// suspected reports whether the last tenant failed because of the service. Then one tenant at a time is asked, as a probe.
func (o *outage) suspected() bool { return o.failures > 0 }

func (o *outage) isCertain() bool {
	return o.probes >= probes || o.failures >= credentialRefusals && o.last.Cause == CauseCredential
}

func (o *outage) record(failed *TenantError, probe bool) {
	o.reading--
	o.probing = o.probing && !probe
	if failed == nil || !failed.concernsService() {
		o.answered, o.failures, o.probes, o.last = true, 0, 0, nil
		return
	}
	if o.last != nil && (o.last.Cause == CauseCredential) != (failed.Cause == CauseCredential) {
		o.failures, o.probes = 0, 0
	}
	o.failures++
	o.last = failed
	if probe {
		o.probes++
	}
}

// concernsService reports whether other tenants may fail for the same reason.
func (e *TenantError) concernsService() bool {
	return e.Cause == CauseCredential || e.Cause == CauseUnavailable || e.Cause == CauseThrottled
}

// newNotAskedError returns the error of a tenant that was left out.
func (c *Client) newNotAskedError(ctx context.Context, tenant, doing string, o *outage) *TenantError {
	if ctx.Err() != nil || !o.isCertain() {
		return c.newInterruptedError(ctx, tenant, doing)
	}
	text := fmt.Sprintf("it was not asked, because Microsoft failed %d tenants in a row, so it will probably fail the others, too; the last of them was %s",
		o.failures, o.last.Tenant)
	if o.last.Cause == CauseCredential {
		text = fmt.Sprintf("it was not asked, because the credential was refused for %d tenants in a row; the last of them was %s", o.failures, o.last.Tenant)
	}
	return &TenantError{Tenant: tenant, Cause: o.last.Cause, Err: o.last.Err, Message: c.formatMessage(tenant, doing, text, "")}
}
