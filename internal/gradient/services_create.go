// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// catalogueAge is how old the catalogue may be when a service is created: in a row of creations, the answer to one is the
	// catalogue for the next.
	catalogueAge = time.Second
	// looksAfterCreation is how often the catalogue is read for a new service that the answer lacks, with a pause before each that
	// doubles: 15 seconds in all. looksAfterFailure is the same after an unclear outcome: there may be nothing to find.
	looksAfterCreation = 4
	looksAfterFailure  = 2
)

// StoredAsError is returned for a service that Gradient stored under another name than the one it was asked for. The API can
// neither rename nor delete it (gradient.md §7.3).
type StoredAsError struct {
	Wanted string
	Stored Service
}

func (e *StoredAsError) Error() string {
	return fmt.Sprintf("asked for the service %q, Gradient stored it as %q, with the id %s", e.Wanted, e.Stored.Name, e.Stored.ID)
}

// DuplicateError is returned when Gradient has several services of one name.
type DuplicateError struct {
	Name string
	IDs  []string
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("Gradient has %d services named %q, with the ids %s", len(e.IDs), e.Name, strings.Join(e.IDs, ", "))
}

// ErrOtherRun is returned by [Client.CreateService] once a service that this client created turned out to be there twice: somebody else
// creates services at the same time.
var ErrOtherRun = errors.New("another run creates services of this integration at the same time, and both have made one of the same name. A " +
	"duplicate can never be removed, so this run creates no more. Let the other run end, then apply again: what it made is adopted")

// CreateService creates a service, with POST /service (gradient.md §3.3). A service cannot be deleted or renamed
// (gradient.md §7.3), so none is created while the catalogue, read right before, has a service of that name: that one is returned.
// The request is sent once and never repeated. When its outcome is unclear, or the answer lacks the new service, the client
// looks for it in the catalogue, for 15 seconds at most.
//
// The error is a [*StoredAsError] when the catalogue has what Gradient makes of the name, before or after the creation, and a
// [*DuplicateError] when it has several services of the name. After a duplicate that came about by a creation, nothing more is created
// ([ErrOtherRun]), only what the catalogue has by then is returned.
func (c *Client) CreateService(ctx context.Context, service Service) (Service, error) {
	if service.Name == "" {
		return Service{}, errors.New("a Gradient service needs a name")
	}
	select {
	case c.creatingService <- struct{}{}:
		defer func() { <-c.creatingService }()
	case <-ctx.Done():
		return Service{}, ctx.Err()
	}
	before, err := c.freshServices(ctx)
	if err != nil {
		return Service{}, err
	}
	if existing, found, err := findOne(before, service, false); found || err != nil {
		return existing, err
	}
	if c.raced {
		return Service{}, ErrOtherRun
	}
	after, err := c.postService(ctx, service)
	c.servicesReadAt = time.Now()
	switch {
	case err == nil:
		created, found, err := findOne(findAdded(before, after), service, true)
		if found || err != nil {
			return c.keepCreated(created, err)
		}
		return c.lookForService(ctx, service, before, true, fmt.Errorf(
			"the answer says that the service %q is created, but the catalogue does not list it; it is not created again", service.Name))
	case rest.Status(err) == http.StatusConflict:
		return c.findTaken(ctx, service, err)
	case rest.Ambiguous(err):
		return c.lookForService(ctx, service, before, false, err)
	}
	return Service{}, err
}

// freshServices returns the catalogue as it is right before a creation: another runner may have added to it.
func (c *Client) freshServices(ctx context.Context) ([]Service, error) {
	if c.raced || time.Since(c.servicesReadAt) > catalogueAge {
		c.services.Forget()
		c.servicesReadAt = time.Now()
	}
	return c.services.Get(ctx)
}

// findOne returns the one service of that name. If there is none it looks for what Gradient may have made of the name. With
// created, the services are those that appeared by a creation that Gradient acknowledged: if only one did, it is that one.
func findOne(services []Service, wanted Service, created bool) (service Service, found bool, err error) {
	switch named := servicesNamed(services, wanted.Name); len(named) {
	case 0:
	case 1:
		return named[0], true, nil
	default:
		return Service{}, false, &DuplicateError{wanted.Name, serviceIDs(named)}
	}
	for _, service := range services {
		if service.IsStoredForm(wanted) || created && len(services) == 1 {
			return service, false, &StoredAsError{wanted.Name, service}
		}
	}
	return Service{}, false, nil
}

// keepCreated remembers a service that this client created, whatever its name is.
func (c *Client) keepCreated(created Service, err error) (Service, error) {
	if _, duplicate := errors.AsType[*DuplicateError](err); duplicate {
		c.raced = true
	}
	if created.ID != "" {
		c.createdServices.add(created)
		c.services.Update(func(held []Service) []Service {
			return append(slices.Clone(held), findAdded(held, []Service{created})...)
		})
	}
	return created, err
}

// lookForService reads the catalogue until it has the service that was asked for. It returns cause if it does not find it. created
// says that Gradient acknowledged the creation.
func (c *Client) lookForService(ctx context.Context, service Service, before []Service, created bool, cause error) (Service, error) {
	looks, pause := looksAfterFailure, c.settleDelay
	if created {
		looks = looksAfterCreation
	}
	for range looks {
		c.services.Forget()
		c.waitToSettle(ctx, pause)
		if ctx.Err() != nil {
			return Service{}, cause
		}
		after, err := c.services.Get(ctx)
		if err != nil {
			return Service{}, fmt.Errorf("it is unknown whether service %q exists now: %w; and reading it again failed: %w", service.Name, cause, err)
		}
		if made, found, err := findOne(findAdded(before, after), service, created); found || err != nil {
			return c.keepCreated(made, err)
		}
		pause *= 2
	}
	return Service{}, cause
}

// findTaken returns the service whose name a 409 says is taken: another caller created it.
func (c *Client) findTaken(ctx context.Context, service Service, refusal error) (Service, error) {
	c.services.Forget()
	services, err := c.services.Get(ctx)
	if err != nil {
		return Service{}, fmt.Errorf("%w; and reading the services again failed: %w", refusal, err)
	}
	existing, found, err := findOne(services, service, false)
	if !found && err == nil {
		err = refusal
	}
	return existing, err
}

// postService sends the creation. The answer is the whole vendor (gradient.md §3.3).
func (c *Client) postService(ctx context.Context, service Service) ([]Service, error) {
	return send(ctx, c, rest.Request{
		Doing:  fmt.Sprintf("create the service %q", service.Name),
		Method: http.MethodPost,
		Path:   "/service",
		Body: wireNewService{
			Name:           service.Name,
			Description:    service.Description,
			Category:       service.Category,
			Subcategory:    service.Subcategory,
			SupportArticle: service.SupportArticle,
			SupportContact: service.SupportContact,
		},
	}, decodeVendor)
}

// findAdded returns the services of after whose ids before lacks.
func findAdded(before, after []Service) []Service {
	known := make(map[string]bool, len(before))
	for _, service := range before {
		known[service.ID] = true
	}
	var added []Service
	for _, service := range after {
		if !known[service.ID] {
			added = append(added, service)
		}
	}
	return added
}

func serviceIDs(services []Service) []string {
	ids := make([]string, len(services))
	for i, service := range services {
		ids[i] = service.ID
	}
	return ids
}
