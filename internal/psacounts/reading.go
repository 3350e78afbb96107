// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// account is an entry of accounts: its key, and what names the customer in the PSA. The name may be empty: unknown.
type account struct{ id, name string }

// reading is what was read of the PSA, and counted.
type reading struct {
	system    string
	accounts  []account
	today, on psa.Date
	customers map[string]psa.Customer // by account id, where there is one
	lines     map[string][]psa.Line   // by account id, where they could be read
	failed    map[string]error        // by account id

	counts   map[string]map[string]*float64 // by account id and service; a nil number is unknown
	details  []detail
	unmapped []unmappedProduct
	clashes  []string // products that two services name
	unused   []string // services of which no line was found
}

// detail is a line of an account that a service names.
type detail struct {
	account, service string
	line             psa.Line
}

// unmappedProduct is a product that no service names, in the lines that are charged on the day.
type unmappedProduct struct {
	account  string
	customer psa.Customer
	product  psa.Product
	quantity *float64
}

// read finds the customers of the accounts and reads their lines. An error concerns all accounts.
func read(ctx context.Context, reader psa.Reader, accounts []account, today, on psa.Date) (*reading, error) {
	r := &reading{
		system: reader.System(), accounts: accounts, today: today, on: on,
		customers: map[string]psa.Customer{}, lines: map[string][]psa.Line{}, failed: map[string]error{},
	}
	all, err := reader.Customers(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 { // a role that may see nothing gets an empty list and no error (psa.md §3.4)
		return nil, fmt.Errorf("%s lists no agreement at all, so nothing can be said about any account. Check what the credentials may see there", r.system)
	}
	var ids []string
	for _, a := range accounts {
		if a.name == "" {
			continue
		}
		customer, err := find(all, a.name, r.system)
		if err != nil {
			r.failed[a.id] = err
			continue
		}
		r.customers[a.id] = customer
		ids = append(ids, customer.ID)
	}
	if len(ids) == 0 {
		return r, nil
	}
	lines, err := reader.Lines(ctx, ids, psa.PeriodOf(today, on))
	if err != nil {
		return nil, err
	}
	for id, customer := range r.customers {
		if of := lines[customer.ID]; of.Err != nil {
			r.failed[id] = of.Err
		} else {
			r.lines[id] = of.Lines
		}
	}
	return r, nil
}

// find returns the customer with that identifier, id or exact name. Two that match are an error, because one of them may be a company in the
// recycle bin (psa.md §1), and a number of the wrong one would be compared.
func find(all []psa.Customer, name, system string) (psa.Customer, error) {
	var found []psa.Customer
	for _, c := range all {
		if name == c.Identifier || name == c.ID || name == c.Name {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return psa.Customer{}, fmt.Errorf("%s has no agreement that these credentials may see of a company with the identifier, id or exact name %q", system, name)
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.String()
	}
	return psa.Customer{}, fmt.Errorf("%q names several companies of %s: %s. Write the id of the right one", name, system, strings.Join(names, ", "))
}

// sameCustomer returns the accounts that share a customer, as one text each.
func (r *reading) sameCustomer() []string {
	first := map[string]string{}
	var same []string
	for _, a := range r.accounts {
		customer, ok := r.customers[a.id]
		if !ok {
			continue
		}
		if other, twice := first[customer.ID]; twice {
			same = append(same, fmt.Sprintf("%s and %s: %s", other, a.id, customer))
			continue
		}
		first[customer.ID] = a.id
	}
	return same
}

// count adds up the lines of each account and service.
func (r *reading) count(services map[string][]string, prefixes []string) {
	named := r.match(services)
	r.counts = map[string]map[string]*float64{}
	used := map[string]bool{}
	for _, a := range r.accounts {
		lines, readable := r.lines[a.id]
		if !readable {
			r.counts[a.id] = nil
			continue
		}
		r.counts[a.id] = map[string]*float64{}
		unmapped := map[string]*unmappedProduct{}
		for _, line := range lines {
			service, isNamed := named[keyOf(line.Product)]
			if isNamed {
				used[service] = true
				r.details = append(r.details, detail{a.id, service, line})
			}
			if !line.IsCharged() || !line.InForce(r.on) {
				continue
			}
			if isNamed {
				before, begun := r.counts[a.id][service]
				r.counts[a.id][service] = add(before, begun, line.Quantity)
			} else if wanted(line.Product, prefixes) {
				addUnmapped(unmapped, line, unmappedProduct{account: a.id, customer: r.customers[a.id], product: line.Product})
			}
		}
		for _, key := range slices.Sorted(maps.Keys(unmapped)) {
			r.unmapped = append(r.unmapped, *unmapped[key])
		}
	}
	slices.SortStableFunc(r.details, func(a, b detail) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.service, b.service))
	})
	for _, service := range slices.Sorted(maps.Keys(services)) {
		if !used[service] {
			r.unused = append(r.unused, service)
		}
	}
}

// add returns the sum with another quantity, or the quantity when the sum has not begun. A quantity that is unknown makes the sum unknown.
func add(sum *float64, begun bool, quantity *float64) *float64 {
	if begun && sum == nil || quantity == nil {
		return nil
	}
	total := *quantity
	if begun {
		total += *sum
	}
	total = math.Round(total*1e4) / 1e4 // as the reconciliation compares; sums lose the noise of binary fractions
	return &total
}

func addUnmapped(all map[string]*unmappedProduct, line psa.Line, first unmappedProduct) {
	key := keyOf(line.Product)
	product, begun := all[key]
	if !begun {
		product = &first
		all[key] = product
	}
	product.quantity = add(product.quantity, begun, line.Quantity)
}

// wanted reports whether a product has a code or a name that begins with one of the prefixes. Without prefixes every product is wanted.
func wanted(product psa.Product, prefixes []string) bool {
	if len(prefixes) == 0 {
		return true
	}
	for _, text := range append(slices.Clone(product.Codes), product.Name) {
		for _, prefix := range prefixes {
			if strings.HasPrefix(text, prefix) {
				return true
			}
		}
	}
	return false
}

// keyOf identifies a product. Its id does where there is one, and no code or name is taken for an id.
func keyOf(product psa.Product) string {
	if product.ID != "" {
		return product.ID
	}
	return strings.Join(append(slices.Clone(product.Codes), product.Name, ""), "\x00")
}

// match returns the service of each product, by keyOf. A text of services is looked for among the codes of the products, then among their
// ids, then among their names: so a code of digits is not taken for the id of another product (psa.md §2.4).
func (r *reading) match(services map[string][]string) map[string]string {
	products := map[string]psa.Product{}
	for _, lines := range r.lines {
		for _, line := range lines {
			products[keyOf(line.Product)] = line.Product
		}
	}
	tiers := []func(psa.Product, string) bool{
		func(p psa.Product, text string) bool { return slices.Contains(p.Codes, text) },
		func(p psa.Product, text string) bool { return p.ID == text },
		func(p psa.Product, text string) bool { return p.Name == text },
	}
	named := map[string]string{}
	clashes := map[string]bool{}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		for _, text := range services[service] {
			for _, key := range firstMatches(products, text, tiers) {
				if other, taken := named[key]; taken && other != service {
					clashes[fmt.Sprintf("%s: %s and %s", products[key], other, service)] = true
				}
				named[key] = service
			}
		}
	}
	r.clashes = slices.Sorted(maps.Keys(clashes))
	return named
}

// firstMatches returns the keys of the products that match in the first tier in which any does.
func firstMatches(products map[string]psa.Product, text string, tiers []func(psa.Product, string) bool) []string {
	for _, matches := range tiers {
		var keys []string
		for key, product := range products {
			if matches(product, text) {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			return keys
		}
	}
	return nil
}
