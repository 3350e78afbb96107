package gradient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Service is an entry of the vendor's catalogue. Only its name identifies it to people; Gradient picks the id.
type Service struct {
	ID             string
	Name           string
	Description    string
	Category       string
	Subcategory    string
	SupportArticle string
	SupportContact string
}

// Categories are the values that Service.Category may have, case-sensitive.
var Categories = []string{
	"security", "backup", "productivity", "infrastructure", "service delivery", "consulting", "other",
}

// Subcategories are the values that Service.Subcategory may have, case-sensitive. The misspelling is the API's.
var Subcategories = []string{
	"endpoint detection and response (EDR)",
	"email security",
	"virtual private network services (VPN)",
	"DNS filtering",
	"dark web monitoring",
	"password management",
	"single sign on (SSO)",
	"priviledged access and identity management (PAM/PIM)",
	"security information and event management (SIEM)",
	"mobile device management (MDM)",
	"application security",
	"mobile application management (MAM)",
	"multi factor authentication (MFA)",
	"cloud backup",
	"local backup",
	"desktop backup",
	"data archiving",
	"physical offsite storage",
	"business continuity",
	"hosted email",
	"video conferencing",
	"voice over IP services (VOIP)",
	"line of business application support",
	"unified communications as a service (UCaaS)",
	"customer relationship management",
	"cloud storage",
	"website hosting",
	"hardware as a service (HaaS)",
	"managed print services",
	"virtual desktop infrastructure (VDI)",
	"virtual server hosting",
	"infrastructure as a service (IaaS)",
	"end user support",
	"server management and support",
	"network management and support",
	"printer management and support",
	"desktop management and support",
	"hosted security operations centre (SOC)",
	"software development",
	"penetration testing",
	"project services",
	"governance and compliance",
	"business intelligence services / analytics",
	"phishing simulation",
	"privacy and security awareness training",
	"other",
}

// Services returns the vendor's catalogue (shared read).
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	services, err := c.services.Get(ctx)
	return slices.Clone(services), err
}

// Service returns the first service of exactly that name, and how many there are of that name.
func (c *Client) Service(ctx context.Context, name string) (Service, int, error) {
	services, err := c.services.Get(ctx)
	if err != nil {
		return Service{}, 0, err
	}
	service, count := findService(services, name)
	return service, count, nil
}

func findService(services []Service, name string) (first Service, count int) {
	for _, service := range services {
		if service.Name != name {
			continue
		}
		if count == 0 {
			first = service
		}
		count++
	}
	return first, count
}

func (c *Client) readServices(ctx context.Context) ([]Service, error) {
	request := rest.Request{Doing: "read the services", Method: http.MethodGet}
	return ask(ctx, c, request, decodeWrappedVendor)
}

// CreateService creates a service. It cannot be undone, so it is never sent while the catalogue has a service of that
// name: that one is returned. After an unclear outcome (or a 409) the catalogue is read again before it is sent again, at
// most twice.
func (c *Client) CreateService(ctx context.Context, service Service) (Service, error) {
	if service.Name == "" {
		return Service{}, errors.New("a Gradient service needs a name")
	}
	select {
	case c.creating <- struct{}{}:
		defer func() { <-c.creating }()
	case <-ctx.Done():
		return Service{}, ctx.Err()
	}
	before, err := c.services.Get(ctx)
	if err != nil {
		return Service{}, err
	}
	for sends := 1; ; sends++ {
		if existing, count := findService(before, service.Name); count > 0 {
			if sends > 1 {
				c.madeServices.add(existing.ID)
			}
			return existing, nil
		}
		created, err := c.postService(ctx, service, before)
		if err == nil {
			c.madeServices.add(created.ID)
			return created, nil
		}
		conflict := rest.Status(err) == http.StatusConflict
		if !conflict && !rest.Ambiguous(err) {
			return Service{}, err
		}
		c.services.Forget()
		if !conflict {
			c.pause(ctx)
		}
		if ctx.Err() != nil {
			return Service{}, err
		}
		after, readErr := c.services.Get(ctx)
		if readErr != nil {
			return Service{}, fmt.Errorf("it is unknown whether service %q exists now: %w; and then: %w", service.Name, err, readErr)
		}
		if _, count := findService(after, service.Name); count == 0 && (conflict || sends == mostSends) {
			return Service{}, err
		}
		before = after
	}
}

// postService sends the creation once. The answer is the whole vendor, in which ours is the one of that name that was
// not there before.
func (c *Client) postService(ctx context.Context, service Service, before []Service) (Service, error) {
	var created Service
	after, err := ask(ctx, c, rest.Request{
		Doing:  fmt.Sprintf("create the service %q", service.Name),
		Method: http.MethodPost,
		Path:   "/service",
		Body: struct {
			Name           string `json:"name"`
			Description    string `json:"description"`
			Category       string `json:"category"`
			Subcategory    string `json:"subcategory"`
			SupportArticle string `json:"supportArticle,omitempty"`
			SupportContact string `json:"supportContact,omitempty"`
		}{service.Name, service.Description, service.Category, service.Subcategory, service.SupportArticle, service.SupportContact},
	}, func(body []byte) ([]Service, error) {
		after, err := decodeVendor(body)
		if err != nil {
			return nil, err
		}
		var count int
		created, count = findService(missing(before, after), service.Name)
		if count == 0 {
			return nil, errors.New("its services lack the new one")
		}
		return after, nil
	})
	if err != nil {
		return Service{}, err
	}
	// Nothing is ever removed from a catalogue, so what one list lacks the other adds.
	c.services.Update(func(held []Service) []Service { return append(slices.Clone(held), missing(held, after)...) })
	return created, nil
}

// missing returns the services that are in after and, by id, not in before.
func missing(before, after []Service) []Service {
	known := make(map[string]bool, len(before))
	for _, service := range before {
		known[service.ID] = true
	}
	var more []Service
	for _, service := range after {
		if !known[service.ID] {
			more = append(more, service)
		}
	}
	return more
}
