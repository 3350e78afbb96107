// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
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

// ServicesNamed returns the services of that name from the list of [Client.Services]. Nothing keeps a catalogue from having several.
func (c *Client) ServicesNamed(ctx context.Context, name string) ([]Service, error) {
	services, err := c.services.Get(ctx)
	return servicesNamed(services, name), err
}

// ServiceWithID returns the service of that id from the list of [Client.Services], and whether there is one.
func (c *Client) ServiceWithID(ctx context.Context, id string) (Service, bool, error) {
	services, err := c.services.Get(ctx)
	i := slices.IndexFunc(services, func(service Service) bool { return service.ID == id })
	if i < 0 {
		return Service{}, false, err
	}
	return services[i], true, err
}

func servicesNamed(services []Service, name string) []Service {
	var named []Service
	for _, service := range services {
		if service.Name == name {
			named = append(named, service)
		}
	}
	return named
}

// readServices reads the catalogue. It adds what this client created and the list lacks, because the list may lag behind.
func (c *Client) readServices(ctx context.Context) ([]Service, error) {
	request := rest.Request{Doing: "read the services", Method: http.MethodGet}
	services, err := send(ctx, c, request, decodeVendor)
	if err != nil {
		return nil, err
	}
	return append(services, findAdded(services, c.createdServices.all())...), nil
}
