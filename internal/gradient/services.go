package gradient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Service is an entry of the vendor's catalogue, a VendorSku (gradient.md §3.1). Gradient chooses its id, so its name is the
// only key that a configuration can know (gradient.md §7.4).
type Service struct {
	ID             string
	Name           string
	Description    string
	Category       string
	Subcategory    string
	SupportArticle string
	SupportContact string
}

// Categories are the values of Service.Category, case-sensitive (gradient.md §4.3).
var Categories = []string{
	"security", "backup", "productivity", "infrastructure", "service delivery", "consulting", "other",
}

// Subcategories are the values of Service.Subcategory, case-sensitive (gradient.md §4.4). The misspelling is the API's.
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

// Services returns the vendor's catalogue. It is read once per client, with GET / (gradient.md §3.1).
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	services, err := c.services.Get(ctx)
	return slices.Clone(services), err
}

// Service returns the first service with exactly that name from the list of [Client.Services], and how many have that name.
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
	return send(ctx, c, request, decodeWrappedVendor)
}

// CreateService creates a service, with POST /service (gradient.md §3.3). A service cannot be deleted or renamed
// (gradient.md §7.3), so none is created while the catalogue has a service of that name: that one is returned. After an
// unclear outcome or a 409 the client reads the catalogue again before it sends the request again, three times in all.
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
	before, err := c.services.Get(ctx)
	if err != nil {
		return Service{}, err
	}
	unclear := false // whether a failed request may have been carried out
	for sends := 1; ; sends++ {
		if existing, count := findService(before, service.Name); count > 0 {
			if unclear {
				c.createdServices.add(existing.ID)
			}
			return existing, nil
		}
		created, err := c.postService(ctx, service, before)
		if err == nil {
			c.createdServices.add(created.ID)
			return created, nil
		}
		conflict := rest.Status(err) == http.StatusConflict
		if !conflict && !rest.Ambiguous(err) {
			return Service{}, err
		}
		unclear = unclear || rest.Ambiguous(err)
		c.services.Forget()
		if !conflict {
			c.waitToSettle(ctx)
		}
		if ctx.Err() != nil {
			return Service{}, err
		}
		after, readErr := c.services.Get(ctx)
		if readErr != nil {
			return Service{}, fmt.Errorf("it is unknown whether service %q exists now: %w; and reading it again failed: %w",
				service.Name, err, readErr)
		}
		if _, count := findService(after, service.Name); count == 0 && (conflict || sends == maxSends) {
			return Service{}, err
		}
		before = after
	}
}

// postService sends the creation once. The answer is the whole vendor (gradient.md §3.3): the new service is the one of that
// name that was not there before.
func (c *Client) postService(ctx context.Context, service Service, before []Service) (Service, error) {
	var created Service
	after, err := send(ctx, c, rest.Request{
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
	}, func(body []byte) ([]Service, error) {
		after, err := decodeVendor(body)
		if err != nil {
			return nil, err
		}
		var count int
		created, count = findService(findAdded(before, after), service.Name)
		if count == 0 {
			return nil, errors.New("it does not have the new service")
		}
		return after, nil
	})
	if err != nil {
		return Service{}, err
	}
	// Nothing is removed from a catalogue (gradient.md §7.3), so each of two lists can only add to the other.
	c.services.Update(func(held []Service) []Service { return append(slices.Clone(held), findAdded(held, after)...) })
	return created, nil
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
