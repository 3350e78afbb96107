// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Date is a day such as 2026-11-28. An empty one is no day.
type Date string

func dateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

func (d Date) time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		panic(err) // dates are checked when they are put
	}
	return t
}

func (d Date) addDays(n int) Date { return dateOf(d.time().AddDate(0, 0, n)) }

func (d Date) firstOfMonth() Date { return d[:8] + "01" }

func (d Date) firstOfNextMonth() Date { return dateOf(d.firstOfMonth().time().AddDate(0, 1, 0)) }

// Check returns an error unless it is a day or empty.
func (d Date) Check() error {
	if _, err := time.Parse(time.DateOnly, string(d)); d != "" && err != nil {
		return problem("%q is no date such as 2026-11-28", d)
	}
	return nil
}

// book is what the MSP has agreed with its customers.
type book struct {
	products  []*heldProduct
	customers []*heldCustomer
	made      int // number of agreements and lines so far, from which their ids come
	version   int // grows with every change
}

type heldProduct struct {
	Product
	id int
}

type heldCustomer struct {
	Customer
	agreements []*heldAgreement
}

type heldAgreement struct {
	Agreement
	id       int
	customer *heldCustomer
	lines    []*heldLine
}

type heldLine struct {
	Line
	id        int
	agreement *heldAgreement
	product   *heldProduct
	book      *book
	steps     map[string][]step // PSA → approvals, in order of their days
}

// step is a quantity from a day on.
type step struct {
	from     Date
	quantity float64
}

func (b *book) addProduct(product Product) *heldProduct {
	for _, held := range b.products {
		if held.Name == product.Name {
			return held
		}
	}
	product.Identifier = cmp.Or(product.Identifier, product.Name)
	held := &heldProduct{product, 700 + len(b.products)}
	b.products = append(b.products, held)
	return held
}

func (b *book) put(customer Customer) error {
	if customer.ID <= 0 || customer.Name == "" {
		return problem("a customer of the PSA needs a positive id and a name")
	}
	held := &heldCustomer{Customer: customer}
	for _, agreement := range customer.Agreements {
		if err := agreement.check(); err != nil {
			return problem("customer %d: %w", customer.ID, err)
		}
		held.agreements = append(held.agreements, b.hold(held, agreement))
	}
	b.version++
	for i, other := range b.customers {
		if other.ID == customer.ID {
			b.customers[i] = held
			return nil
		}
	}
	b.customers = append(b.customers, held)
	return nil
}

func (a Agreement) check() error {
	dates := []Date{a.Starts, a.Ends}
	for _, line := range a.Lines {
		if line.Product == "" {
			return problem("a line of %q has no product", a.Name)
		}
		dates = append(dates, line.Starts, line.Ends)
	}
	for _, date := range dates {
		if err := date.Check(); err != nil {
			return err
		}
	}
	if a.Starts == "" {
		return problem("the agreement %q does not start", a.Name)
	}
	return nil
}

func (b *book) hold(customer *heldCustomer, agreement Agreement) *heldAgreement {
	b.made++
	held := &heldAgreement{Agreement: agreement, id: b.made, customer: customer}
	for _, line := range agreement.Lines {
		b.made++
		line.Starts = cmp.Or(line.Starts, agreement.Starts)
		held.lines = append(held.lines, &heldLine{
			Line: line, id: b.made, agreement: held, product: b.addProduct(Product{Name: line.Product}), book: b, steps: map[string][]step{},
		})
	}
	return held
}

func (b *book) remove(id int) error {
	before := len(b.customers)
	b.customers = slices.DeleteFunc(b.customers, func(customer *heldCustomer) bool { return customer.ID == id })
	if len(b.customers) == before {
		return problem("no customer of the PSA has the id %d", id)
	}
	b.version++
	return nil
}

func (b *book) agreements() []*heldAgreement {
	var all []*heldAgreement
	for _, customer := range b.customers {
		all = append(all, customer.agreements...)
	}
	slices.SortFunc(all, func(a, b *heldAgreement) int { return cmp.Compare(a.id, b.id) })
	return all
}

func (b *book) lines() []*heldLine {
	var all []*heldLine
	for _, agreement := range b.agreements() {
		all = append(all, agreement.lines...)
	}
	return all
}

func (b *book) customer(id int) *heldCustomer {
	for _, customer := range b.customers {
		if customer.ID == id {
			return customer
		}
	}
	return nil
}

// card returns the line that a card in Gradient stands for.
func (b *book) card(customerID int, product string, today Date) (*heldLine, error) {
	for _, line := range b.lines() {
		if line.agreement.customer.ID == customerID && line.Product == product && !line.agreement.Cancelled && !line.Text && line.inForce(today) {
			return line, nil
		}
	}
	return nil, problem("customer %d of the PSA has no line of %q, so there is no card to approve", customerID, product)
}

func (l *heldLine) inForce(on Date) bool {
	return l.Starts <= on && (l.Ends == "" || on <= l.Ends) && (l.agreement.Ends == "" || on <= l.agreement.Ends)
}

// change sets the quantity in a PSA from a day on. Later changes are forgotten.
func (l *heldLine) change(name string, from Date, quantity float64) {
	kept := slices.DeleteFunc(slices.Clone(l.steps[name]), func(s step) bool { return s.from >= from })
	l.steps[name] = append(kept, step{from, quantity})
	l.book.version++
}

func (l *heldLine) quantity(name string, on Date) float64 {
	quantity := l.Quantity
	for _, s := range l.steps[name] {
		if s.from <= on {
			quantity = s.quantity
		}
	}
	return quantity
}

// span is a time in which a line has one quantity. to is the last day, none when empty.
type span struct {
	from, to Date
	quantity float64
}

// spans returns the times of a line's quantities in a PSA, in order.
func (l *heldLine) spans(name string) []span {
	spans := []span{{l.Starts, l.Ends, l.Quantity}}
	for _, s := range l.steps[name] {
		last := &spans[len(spans)-1]
		if s.from <= last.from {
			last.quantity = s.quantity
			continue
		}
		last.to = s.from.addDays(-1)
		spans = append(spans, span{s.from, l.Ends, s.quantity})
	}
	return spans
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
